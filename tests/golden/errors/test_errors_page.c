/* test_errors_page.c - docs/errors.md and docs/vi/ma-loi.md are made from bus/base/truc/error.def and may not drift from it.
 * Usage: test_errors_page [--write] en|vi PAGE: compares, or makes the page anew.
 * Groups and numbers are error.def's, the Vietnamese texts bus/po/vi.po's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <truc/error.h>

struct group {
    int first;
    const char *title;
};

struct page {
    const char *language, *head, *columns;
    const struct group *groups; /* the last has no title */
};

static const struct page pages[] = {
    {"en",
     "# Errors\n\nEvery outcome has a name and a number; both are for ever. `truc explain NAME` tells the same.\n"
     "This page is made from `bus/base/truc/error.def`; a test compares them.\n",
     "| number | name | meaning | what to do |\n",
     (const struct group[]){{1, "The program itself"},
                            {20, "The wire protocol: the broker closes the session after these"},
                            {40, "Why a message was refused: final for that message unless it says otherwise"},
                            {70, "What became of an accepted message at a destination"},
                            {90, "The journal"},
                            {1000, NULL}}},
    {"vi",
     "# Mã lỗi\n\nMỗi kết quả có một tên và một số, không bao giờ đổi. `truc --lang vi explain TÊN` cho biết cùng điều "
     "đó.\n"
     "Trang này được tạo từ `bus/base/truc/error.def` và `bus/po/vi.po`; một kiểm thử so với chúng. Bản tiếng Anh: "
     "[errors.md](../errors.md).\n",
     "| số | tên | nghĩa là | làm gì |\n",
     (const struct group[]){{1, "Bản thân chương trình"},
                            {20, "Giao thức: sau các lỗi này trục đóng phiên"},
                            {40, "Vì sao thông điệp bị từ chối: gửi lại cũng vậy, trừ khi ghi khác"},
                            {70, "Thông điệp đã nhận ra sao ở nơi nhận"},
                            {90, "Nhật ký"},
                            {1000, NULL}}},
};

static const int numbers[] = {
#define TRUC_ERROR(name, number, meaning, hint) number,
#include <truc/error.def>
#undef TRUC_ERROR
};

static int make_page(const struct page *page, FILE *out)
{
    const struct group *group = page->groups;
    int failed = fputs(page->head, out) < 0;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (group->title && numbers[i] >= group->first)
            failed |= fprintf(out, "\n## %s\n\n%s|---|---|---|---|\n", group++->title, page->columns) < 0;
        failed |= fprintf(out, "| %d | `%s` | %s | %s |\n", numbers[i], truc_error_name(-numbers[i]),
                          truc_error_meaning_in(-numbers[i], page->language),
                          truc_error_hint_in(-numbers[i], page->language)) < 0;
    }
    return failed;
}

static const struct page *find_page(const char *language)
{
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (strcmp(pages[i].language, language) == 0)
            return &pages[i];
    return NULL;
}

static int compare(const struct page *page, const char *path)
{
    char *made = NULL, *found = NULL;
    size_t made_size = 0, found_size = 0;
    FILE *memory = open_memstream(&made, &made_size), *file = fopen(path, "r");
    if (memory == NULL || file == NULL || make_page(page, memory) || fclose(memory) != 0 ||
        getdelim(&found, &found_size, 0, file) < 0) {
        fprintf(stderr, "%s can't be compared\n", path);
        return 2;
    }
    fclose(file);
    int differs = strcmp(made, found) != 0;
    if (differs)
        fprintf(stderr, "%s is not what error.def says; make it anew: test_errors_page --write %s %s\n", path,
                page->language, path);
    free(made);
    free(found);
    return differs;
}

int main(int argc, char **argv)
{
    int writes = argc == 4 && strcmp(argv[1], "--write") == 0;
    const struct page *page = argc == 3 + writes ? find_page(argv[1 + writes]) : NULL;
    if (page == NULL) {
        fprintf(stderr, "usage: test_errors_page [--write] en|vi PAGE\n");
        return 2;
    }
    if (!writes)
        return compare(page, argv[2]);
    FILE *out = fopen(argv[3], "w");
    return out == NULL || make_page(page, out) || fclose(out) != 0;
}
