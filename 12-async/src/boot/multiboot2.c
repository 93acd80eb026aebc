#include "boot/multiboot2.h"

#include "lib/string.h"

// Everything begins on a multiple of this many bytes.
enum { ALIGNMENT = 8 };

// The information: this, and then the tags.
struct header {
    uint32_t size; // of all of it
    uint32_t reserved;
};

struct tag {
    uint32_t type;
    uint32_t size; // without what fills it up to the next
};

// Multiboot2 specification, the sections of these names.
enum tag_type {
    TAG_END = 0,
    TAG_MODULE = 3,       // "Modules"
    TAG_MEMORY_MAP = 6,   // "Memory map"
    TAG_ELF_SECTIONS = 9, // "ELF-Symbols"
};

struct module_tag {
    struct tag tag;
    uint32_t start;
    uint32_t end;
};

struct memory_map_tag {
    struct tag tag;
    uint32_t entry_size;
    uint32_t entry_version;
};

struct memory_map_entry {
    uint64_t base;
    uint64_t length;
    uint32_t type;
    uint32_t reserved;
};
_Static_assert(sizeof(struct memory_map_entry) == 24, "version 0");

struct elf_sections_tag {
    struct tag tag;
    uint32_t count;
    uint32_t entry_size;
    uint32_t names; // the number of the section with their names
};
_Static_assert(sizeof(struct elf_sections_tag) == 20,
               "the sections follow at once");

// System V ABI, "Section Header": an Elf64_Shdr.
struct elf_section {
    uint32_t name;
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

size_t multiboot2_size(const void *info)
{
    return ((const struct header *)info)->size;
}

static const struct tag *tag_at(const void *info, size_t offset)
{
    return (const struct tag *)((const uint8_t *)info + offset);
}

static size_t behind(size_t offset, const struct tag *tag)
{
    size_t end = offset + tag->size;
    return (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static const char *check_memory_map(const struct memory_map_tag *map)
{
    if (map->tag.size < sizeof(*map) ||
        map->entry_size < sizeof(struct memory_map_entry) ||
        map->entry_size % ALIGNMENT != 0) {
        return "the memory map's entries make no sense";
    }
    return NULL;
}

static const char *check_sections(const struct elf_sections_tag *tag)
{
    if (tag->tag.size < sizeof(*tag)) {
        return "the ELF sections' tag is too short";
    }
    if (tag->count == 0) {
        return NULL;
    }
    if (tag->entry_size < sizeof(struct elf_section)) {
        return "the ELF sections are too short";
    }
    size_t room = tag->tag.size - sizeof(*tag);
    return tag->count > room / tag->entry_size
               ? "the ELF sections do not fit into their tag"
               : NULL;
}

static const char *check_tag(const struct tag *tag)
{
    switch (tag->type) {
    case TAG_MODULE:
        return tag->size < sizeof(struct module_tag)
                   ? "a module's tag is too short"
                   : NULL;
    case TAG_MEMORY_MAP:
        return check_memory_map((const struct memory_map_tag *)tag);
    case TAG_ELF_SECTIONS:
        return check_sections((const struct elf_sections_tag *)tag);
    default:
        return NULL;
    }
}

const char *multiboot2_check(const void *info, size_t limit)
{
    if (limit < sizeof(struct header) ||
        multiboot2_size(info) > limit) {
        return "it is longer than what can be read";
    }
    size_t size = multiboot2_size(info);
    size_t offset = sizeof(struct header);
    bool has_memory_map = false;
    for (;;) {
        if (offset > size || size - offset < sizeof(struct tag)) {
            return "it has no end";
        }
        const struct tag *tag = tag_at(info, offset);
        if (tag->size < sizeof(*tag) || tag->size > size - offset) {
            return "a tag has an impossible size";
        }
        if (tag->type == TAG_END) {
            return has_memory_map ? NULL : "it has no memory map";
        }
        const char *problem = check_tag(tag);
        if (problem != NULL) {
            return problem;
        }
        has_memory_map = has_memory_map || tag->type == TAG_MEMORY_MAP;
        offset = behind(offset, tag);
    }
}

// The tag with this number among those of a type, or NULL.
static const struct tag *find(const void *info, enum tag_type type,
                              size_t number)
{
    size_t offset = sizeof(struct header);
    const struct tag *tag = tag_at(info, offset);
    while (tag->type != TAG_END) {
        if (tag->type == type && number-- == 0) {
            return tag;
        }
        offset = behind(offset, tag);
        tag = tag_at(info, offset);
    }
    return NULL;
}

// What would wrap around ends at the last address.
static struct range range_of(uint64_t start, uint64_t length)
{
    uint64_t room = UINT64_MAX - start;
    return (struct range){
        .start = start,
        .end = start + (length < room ? length : room),
    };
}

bool multiboot2_memory(const void *info, size_t number,
                       struct memory_area *area)
{
    const struct memory_map_tag *map =
        (const struct memory_map_tag *)find(info, TAG_MEMORY_MAP, 0);
    if (map == NULL) {
        return false;
    }
    size_t room = map->tag.size - sizeof(*map);
    if (number >= room / map->entry_size) {
        return false;
    }
    const struct memory_map_entry *entry =
        (const struct memory_map_entry *)((const uint8_t *)(map + 1) +
                                          number * map->entry_size);
    area->range = range_of(entry->base, entry->length);
    area->type = entry->type;
    return true;
}

bool multiboot2_module(const void *info, size_t number,
                       struct range *range)
{
    const struct module_tag *module =
        (const struct module_tag *)find(info, TAG_MODULE, number);
    if (module == NULL) {
        return false;
    }
    *range = (struct range){module->start, module->end};
    return true;
}

bool multiboot2_section(const void *info, size_t number,
                        struct range *range)
{
    const struct elf_sections_tag *tag =
        (const struct elf_sections_tag *)find(info, TAG_ELF_SECTIONS,
                                              0);
    if (tag == NULL || number >= tag->count) {
        return false;
    }
    // Copied, for it stands on a multiple of 4 and wants one of 8.
    struct elf_section section;
    const uint8_t *first = (const uint8_t *)(tag + 1);
    memcpy(&section, first + number * tag->entry_size, sizeof(section));
    *range = range_of(section.address, section.size);
    return true;
}
