#include "boot/sections.h"

#include "lib/string.h"

enum { TAG_ELF_SECTIONS = 9 };

struct sections_tag {
    struct multiboot2_tag tag;
    uint32_t count;
    uint32_t entry_size;
    uint32_t names; // the number of the section with their names
};
_Static_assert(sizeof(struct sections_tag) == 20,
               "the sections follow at once");

// System V ABI, "Section Header": an Elf64_Shdr.
struct elf_section {
    uint32_t name; // where it begins among the names
    uint32_t type;
    uint64_t flags;
    uint64_t address;
    uint64_t offset;
    uint64_t size;
    uint32_t link;
    uint32_t info;
    uint64_t alignment;
    uint64_t entry_size;
};
_Static_assert(sizeof(struct elf_section) == 64, "an Elf64_Shdr");

static bool read_header(size_t number, struct elf_section *header)
{
    const struct sections_tag *tag =
        (const struct sections_tag *)multiboot2_find(TAG_ELF_SECTIONS,
                                                     0);
    if (tag == NULL || tag->tag.size < sizeof(*tag) ||
        tag->entry_size < sizeof(*header)) {
        return false;
    }
    size_t room = tag->tag.size - sizeof(*tag);
    if (number >= tag->count || number >= room / tag->entry_size) {
        return false;
    }
    // Copied: it lies on a multiple of 4, and its type wants one of 8.
    const uint8_t *first = (const uint8_t *)(tag + 1);
    memcpy(header, first + number * tag->entry_size, sizeof(*header));
    return true;
}

static struct range range_of(const struct elf_section *header)
{
    uint64_t above = UINT64_MAX - header->address;
    uint64_t size = header->size < above ? header->size : above;
    return (struct range){header->address, header->address + size};
}

// A name has to end within the section of names, and that in memory.
static const char *name_of(const struct elf_section *header)
{
    const struct sections_tag *tag =
        (const struct sections_tag *)multiboot2_find(TAG_ELF_SECTIONS,
                                                     0);
    struct elf_section names;
    if (!read_header(tag->names, &names) ||
        header->name >= names.size ||
        range_of(&names).end > phys_reach) {
        return "";
    }
    const char *text = phys_to_virt((phys_addr_t){names.address});
    return text[names.size - 1] == '\0' ? text + header->name : "";
}

bool sections_get(size_t number, struct section *section)
{
    struct elf_section header;
    if (!read_header(number, &header)) {
        return false;
    }
    section->range = range_of(&header);
    section->name = name_of(&header);
    return true;
}
