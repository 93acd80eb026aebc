#include "boot/multiboot2.h"

// Everything begins on a multiple of this many bytes.
enum { ALIGNMENT = 8 };

// The information: this, and then the tags.
struct header {
    uint32_t size; // of all of it
    uint32_t reserved;
};

// Multiboot2 specification, the sections of these names.
enum tag_type {
    TAG_END = 0,
    TAG_MODULE = 3,     // "Modules"
    TAG_MEMORY_MAP = 6, // "Memory map"
};

struct module_tag {
    struct multiboot2_tag tag;
    uint32_t start;
    uint32_t end;
};

struct memory_map_tag {
    struct multiboot2_tag tag;
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

static phys_addr_t info_address;

// How far from its beginning the memory map's tag is.
static size_t map_offset;

static size_t info_size(void)
{
    const struct header *header = phys_to_virt(info_address);
    return header->size;
}

static const void *tag_at(size_t offset)
{
    return (const uint8_t *)phys_to_virt(info_address) + offset;
}

static size_t next_offset(size_t offset)
{
    const struct multiboot2_tag *tag = tag_at(offset);
    size_t end = offset + tag->size;
    return (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

// Whether a tag is large enough for what its type says it contains.
static bool holds_its_fields(const struct multiboot2_tag *tag)
{
    switch (tag->type) {
    case TAG_MODULE:
        return tag->size >= sizeof(struct module_tag);
    case TAG_MEMORY_MAP:
        return tag->size >= sizeof(struct memory_map_tag);
    default:
        return tag->size >= sizeof(*tag);
    }
}

// The entries may be longer than the version that we know.
static bool has_good_entries(const struct memory_map_tag *map)
{
    return map->entry_size >= sizeof(struct memory_map_entry) &&
           map->entry_size % ALIGNMENT == 0;
}

// Goes from tag to tag, and trusts none of them.  All conditions are
// differences that cannot be negative: a sum could wrap around.
static const char *check_tags(void)
{
    size_t size = info_size();
    size_t offset = sizeof(struct header);
    map_offset = 0;
    for (;;) {
        const struct multiboot2_tag *tag = tag_at(offset);
        if (offset > size || size - offset < sizeof(*tag)) {
            return "it has no end";
        }
        if (!holds_its_fields(tag) || tag->size > size - offset) {
            return "a tag has an impossible size";
        }
        if (tag->type == TAG_END) {
            return map_offset != 0 ? NULL : "it has no memory map";
        }
        if (tag->type == TAG_MEMORY_MAP && map_offset == 0) {
            if (!has_good_entries(tag_at(offset))) {
                return "the memory map's entries make no sense";
            }
            map_offset = offset;
        }
        offset = next_offset(offset);
    }
}

const char *multiboot2_use(phys_addr_t info)
{
    if (info.value % ALIGNMENT != 0 || info.value >= phys_reach) {
        return "it cannot be there";
    }
    info_address = info;
    uint64_t room = phys_reach - info.value;
    if (room < sizeof(struct header) || info_size() > room) {
        return "it is longer than what can be read";
    }
    return check_tags();
}

struct range multiboot2_range(void)
{
    return (struct range){
        .start = info_address.value,
        .end = info_address.value + info_size(),
    };
}

const struct multiboot2_tag *multiboot2_find(uint32_t type,
                                             size_t number)
{
    size_t offset = sizeof(struct header);
    const struct multiboot2_tag *tag = tag_at(offset);
    while (tag->type != TAG_END) {
        if (tag->type == type && number-- == 0) {
            return tag;
        }
        offset = next_offset(offset);
        tag = tag_at(offset);
    }
    return NULL;
}

bool multiboot2_area(size_t number, struct memory_area *area)
{
    const struct memory_map_tag *map = tag_at(map_offset);
    size_t room = map->tag.size - sizeof(*map);
    if (number >= room / map->entry_size) {
        return false;
    }
    const struct memory_map_entry *entry =
        tag_at(map_offset + sizeof(*map) + number * map->entry_size);
    // An area that would wrap around ends at the last address.
    uint64_t above = UINT64_MAX - entry->base;
    area->range.start = entry->base;
    area->range.end =
        entry->base + (entry->length < above ? entry->length : above);
    area->type = entry->type;
    return true;
}

bool multiboot2_module(size_t number, struct range *module)
{
    const struct module_tag *tag =
        (const struct module_tag *)multiboot2_find(TAG_MODULE, number);
    if (tag == NULL) {
        return false;
    }
    *module = (struct range){tag->start, tag->end};
    return true;
}
