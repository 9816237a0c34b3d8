/* exec_process.c - see exec_process.h: pipes, signals and the end of one run.
 * Starting it is exec_start.c.
 * In the flow: called by exec_runner.c, from one thread. */
#include "exec_process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec_line.h"
#include "fault.h"

enum { CHUNK_BYTES = 65536 };

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void exec_process_signal(const struct exec_process *process, int number)
{
    kill(-process->pid, number); /* it is the leader: none but its own are in the group */
}

void exec_process_end(struct exec_process *process)
{
    exec_process_signal(process, SIGKILL);
    while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    close_fd(&process->pidfd);
    close_fd(&process->in);
    close_fd(&process->out);
    close_fd(&process->err);
    buffer_free(&process->input);
    exec_lines_free(&process->out_lines);
    exec_lines_free(&process->err_lines);
}

unsigned exec_process_fds(const struct exec_process *process, bool reads, struct pollfd *fds)
{
    unsigned count = 0;
    fds[count++] = (struct pollfd){.fd = process->pidfd, .events = POLLIN};
    if (process->in >= 0 && exec_process_unread(process))
        fds[count++] = (struct pollfd){.fd = process->in, .events = POLLOUT};
    if (process->out >= 0 && reads)
        fds[count++] = (struct pollfd){.fd = process->out, .events = POLLIN};
    if (process->err >= 0)
        fds[count++] = (struct pollfd){.fd = process->err, .events = POLLIN};
    return count;
}

int exec_process_say(struct exec_process *process, const json_t *line, size_t line_bytes_max, struct truc_fault *fault)
{
    return exec_line_write(line, line_bytes_max, &process->input, fault);
}

size_t exec_process_unread(const struct exec_process *process)
{
    return process->input.size - process->input_start;
}

bool exec_process_write(struct exec_process *process)
{
    bool wrote = false;
    while (process->in >= 0 && exec_process_unread(process)) {
        ssize_t size = write(process->in, process->input.data + process->input_start, exec_process_unread(process));
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && errno != EAGAIN)
            close_fd(&process->in);
        if (size < 0)
            break;
        process->input_start += (size_t)size;
        wrote = true;
    }
    if (exec_process_unread(process) == 0) {
        buffer_reuse(&process->input);
        process->input_start = 0;
    }
    return wrote;
}

void exec_process_close_input(struct exec_process *process)
{
    close_fd(&process->in);
}

static int read_into(int *fd, struct exec_lines *lines)
{
    uint8_t chunk[CHUNK_BYTES];
    if (*fd < 0)
        return TRUC_E_CLOSED;
    ssize_t size = read(*fd, chunk, sizeof(chunk));
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (size <= 0) {
        close_fd(fd);
        return TRUC_E_CLOSED;
    }
    int result = exec_lines_add(lines, bytes_of(chunk, (size_t)size));
    return result < 0 ? result : 1;
}

int exec_process_read_out(struct exec_process *process)
{
    return read_into(&process->out, &process->out_lines);
}

int exec_process_read_err(struct exec_process *process)
{
    return read_into(&process->err, &process->err_lines);
}

/* Without the digits at its end: half a number could not be known for one. */
static struct bytes cut(struct bytes line)
{
    while (line.size && line.data[line.size - 1] >= '0' && line.data[line.size - 1] <= '9')
        line.size--;
    return line;
}

bool exec_process_error_line(struct exec_process *process, bool at_end, struct bytes *ret_line)
{
    struct bytes line = {0};
    int result = exec_lines_next(&process->err_lines, &line);
    if (result == 0 && at_end && !process->err_lines.skips)
        line = exec_lines_rest(&process->err_lines);
    *ret_line = result < 0 ? cut(line) : line;
    return result != 0 || line.size > 0;
}

bool exec_process_has_ended(const struct exec_process *process, char text[EXEC_END_TEXT_BYTES])
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
        return false;
    if (info.si_code == CLD_EXITED)
        snprintf(text, EXEC_END_TEXT_BYTES, "it ended by itself, with status %d", info.si_status);
    else
        snprintf(text, EXEC_END_TEXT_BYTES, "it was ended by signal %d (%s)", info.si_status,
                 strsignal(info.si_status));
    return true;
}
