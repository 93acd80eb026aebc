// The I/O ports, the CPU's registers and the random numbers of the tests
// on the host.
#include "host.h"

#include "arch/cpu.h"

uint64_t host_cpu_flags;
uint64_t host_cr3;

struct host_access host_accesses[HOST_ACCESSES];
size_t host_access_count;

static host_read_model *on_read;
static host_write_model *on_write;
static host_invalidate_model *on_invalidate;
static uint64_t state;

void host_device(host_read_model *read, host_write_model *write)
{
    on_read = read;
    on_write = write;
}

void host_forget(void)
{
    host_access_count = 0;
}

void host_reset(void)
{
    host_device(NULL, NULL);
    host_forget();
    host_expect(HOST_NOTHING);
    host_cpu_flags = 1 << 1; // which is always set
    host_cr3 = 0;
    host_on_invalidate(NULL);
    state = 1;
}

static void record(bool write, uint16_t port, uint8_t value)
{
    if (host_access_count < HOST_ACCESSES) {
        host_accesses[host_access_count] = (struct host_access){
            .write = write,
            .port = port,
            .value = value,
        };
    }
    host_access_count++;
}

uint8_t host_io_read(uint16_t port)
{
    uint8_t value = on_read != NULL ? on_read(port) : 0xff;
    record(false, port, value);
    return value;
}

void host_io_write(uint16_t port, uint8_t value)
{
    record(true, port, value);
    if (on_write != NULL) {
        on_write(port, value);
    }
}

void host_on_invalidate(host_invalidate_model *invalidate)
{
    on_invalidate = invalidate;
}

void host_invalidate_page(uintptr_t address)
{
    if (on_invalidate != NULL) {
        on_invalidate(address);
    }
}

// The generator `splitmix64`: a counter whose bits are mixed.
uint64_t host_random(void)
{
    state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = state;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

unsigned host_random_below(unsigned limit)
{
    return (unsigned)(host_random() % limit);
}
