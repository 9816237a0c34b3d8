/* top_terminal.c - termios, and the few escape sequences of ECMA-48 and xterm that every terminal of today knows.
 * Not curses: one screen redrawn once a second needs no library of its own.
 * See top_terminal.h. */
#include "top_terminal.h"

#include "top_render.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define ENTER_SCREEN "\x1b[?1049h\x1b[?25l" /* xterm: alternate screen; DEC: no cursor */
#define LEAVE_SCREEN "\x1b[?25h\x1b[?1049l"
#define HOME         "\x1b[H"
#define CLEAR_RIGHT  "\x1b[K"
#define CLEAR_BELOW  "\x1b[J"

enum { KEY_BYTES_MAX = 16, COLUMNS_DEFAULT = 80, ROWS_DEFAULT = 24, CONTROL_C = 3 };

/* ---- taking over and giving back ---- */

static int watch(int poll_fd, int file)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = file};
    return epoll_ctl(poll_fd, EPOLL_CTL_ADD, file, &event);
}

static int catch_signals(struct top_terminal *terminal, struct truc_fault *fault)
{
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};
    sigset_t signals;
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        sigaddset(&signals, caught[i]);
    if (pthread_sigmask(SIG_BLOCK, &signals, &terminal->signals_before) != 0)
        return fault_set(fault, TRUC_E_IO, "signals can't be caught");
    terminal->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    terminal->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (terminal->signal_fd < 0 || terminal->poll_fd < 0 || watch(terminal->poll_fd, terminal->signal_fd) < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "signals can't be caught");
    return 0;
}

static int take_screen(struct top_terminal *terminal, struct truc_fault *fault)
{
    if (tcgetattr(STDIN_FILENO, &terminal->settings_before) < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "the terminal can't be asked");
    struct termios settings = terminal->settings_before;
    settings.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    settings.c_cc[VMIN] = 0; /* a read takes what is there */
    settings.c_cc[VTIME] = 0;
    settings.c_cc[VSUSP] = _POSIX_VDISABLE; /* stopping would leave the screen taken */
    if (watch(terminal->poll_fd, STDIN_FILENO) < 0 || tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "the terminal can't be set");
    terminal->is_terminal = true;
    fputs(ENTER_SCREEN, terminal->out);
    return fflush(terminal->out) == 0 ? 0 : fault_errno(fault, TRUC_E_IO, errno, "the terminal can't be written");
}

int top_terminal_open(FILE *out, struct top_terminal *terminal, struct truc_fault *fault)
{
    *terminal = (struct top_terminal){.out = out, .signal_fd = -1, .poll_fd = -1};
    int code = catch_signals(terminal, fault);
    if (code == 0 && fileno(out) >= 0 && isatty(fileno(out)) == 1 && isatty(STDIN_FILENO) == 1)
        code = take_screen(terminal, fault);
    if (code < 0)
        top_terminal_close(terminal);
    return code;
}

void top_terminal_close(struct top_terminal *terminal)
{
    if (terminal->is_terminal) {
        fputs(LEAVE_SCREEN, terminal->out);
        fflush(terminal->out);
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal->settings_before); /* gone when it fails */
        terminal->is_terminal = false;
    }
    if (terminal->poll_fd >= 0)
        close(terminal->poll_fd);
    if (terminal->signal_fd >= 0)
        close(terminal->signal_fd);
    terminal->poll_fd = terminal->signal_fd = -1;
    pthread_sigmask(SIG_SETMASK, &terminal->signals_before, NULL);
}

int top_terminal_fd(const struct top_terminal *terminal)
{
    return terminal->poll_fd;
}

void top_terminal_size(const struct top_terminal *terminal, size_t *ret_columns, size_t *ret_rows)
{
    struct winsize size = {0};
    *ret_columns = *ret_rows = TOP_ENDLESS;
    if (!terminal->is_terminal)
        return;
    (void)ioctl(fileno(terminal->out), TIOCGWINSZ, &size); /* zeros when it fails */
    *ret_columns = size.ws_col ? size.ws_col : COLUMNS_DEFAULT;
    *ret_rows = size.ws_row ? size.ws_row : ROWS_DEFAULT;
}

/* ---- keys ---- */

enum top_key top_key_of(struct bytes typed, char *ret_letter)
{
    static const struct {
        const char *bytes;
        enum top_key key;
    } sequences[] = {
        {"\x1b[A", TOP_KEY_UP}, {"\x1bOA", TOP_KEY_UP}, {"\x1b[B", TOP_KEY_DOWN},     {"\x1bOB", TOP_KEY_DOWN},
        {"k", TOP_KEY_UP},      {"j", TOP_KEY_DOWN},    {"\x1b[5~", TOP_KEY_PAGE_UP}, {"\x1b[6~", TOP_KEY_PAGE_DOWN},
        {"q", TOP_KEY_QUIT},    {"Q", TOP_KEY_QUIT}};
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        if (bytes_equal_string(typed, sequences[i].bytes))
            return sequences[i].key;
    if (typed.size == 1 && typed.data[0] == CONTROL_C)
        return TOP_KEY_QUIT;
    if (typed.size == 1 && typed.data[0] >= 'a' && typed.data[0] <= 'z') {
        *ret_letter = (char)typed.data[0];
        return TOP_KEY_LETTER;
    }
    return TOP_KEY_NONE;
}

enum top_key top_terminal_key(struct top_terminal *terminal, char *ret_letter)
{
    struct signalfd_siginfo info;
    uint8_t typed[KEY_BYTES_MAX];
    if (read(terminal->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        return info.ssi_signo == SIGWINCH ? TOP_KEY_RESIZED : TOP_KEY_QUIT;
    if (!terminal->is_terminal)
        return TOP_KEY_NONE;
    ssize_t size = read(STDIN_FILENO, typed, sizeof typed);
    return size > 0 ? top_key_of(bytes_of(typed, (size_t)size), ret_letter) : TOP_KEY_NONE;
}

/* ---- drawing ---- */

/* Over what is there, line by line: clearing first would flicker. */
static void draw_over(struct top_terminal *terminal, struct bytes lines)
{
    fputs(HOME, terminal->out);
    for (size_t at = 0; at < lines.size;) {
        const uint8_t *end = memchr(lines.data + at, '\n', lines.size - at);
        size_t size = end ? (size_t)(end - lines.data) - at : lines.size - at;
        fwrite(lines.data + at, 1, size, terminal->out);
        at += size + 1;
        fputs(CLEAR_RIGHT, terminal->out);
        if (at < lines.size)
            fputs("\r\n", terminal->out);
    }
    fputs(CLEAR_BELOW, terminal->out);
}

int top_terminal_draw(struct top_terminal *terminal, struct bytes lines)
{
    if (terminal->is_terminal)
        draw_over(terminal, lines);
    else
        fwrite(lines.data, 1, lines.size, terminal->out);
    return fflush(terminal->out) == 0 ? 0 : TRUC_E_CLOSED;
}
