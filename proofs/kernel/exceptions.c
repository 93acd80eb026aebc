// Every exception that QEMU can be made to raise, raised: each arrives
// once, with its vector, its error code and the right rip, and the
// kernel goes on.  Those that have no error code and that nothing
// raises in 64-bit mode are raised by `int n`.
// needs: src/arch/interrupts.h src/arch/interrupts.c
// needs: src/kernel/exceptions.h src/kernel/init.c src/test/test.c
// once: src/arch/interrupts.* src/arch/gdt.* src/arch/stacks.*
// once: src/kernel/exceptions.* src/kernel/panic.* src/lib/exception.*
// once: src/lib/backtrace.*
#include "arch/interrupts.h"

#include <stdbool.h>
#include <stddef.h>

#include "arch/cpu.h"
#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/exceptions.h"
#include "kernel/kernel.h"
#include "test/test.h"

// --- Instructions that raise ------------------------------------------

// Defines a function that does `prepare`, raises an exception with
// `instruction`, and does `tidy`.
#define RAISE(name, prepare, instruction, tidy) \
    void name(void);                            \
    extern const uint8_t name##_at[];           \
    extern const uint8_t name##_behind[];       \
    __asm__(".text\n"                           \
            ".type " #name ", @function\n"      \
            #name ":\n"                         \
            "push %rbp\n"                       \
            "mov %rsp, %rbp\n"                  \
            prepare "\n"                        \
            #name "_at:\n"                      \
            instruction "\n"                    \
            #name "_behind:\n"                  \
            tidy "\n"                           \
            "pop %rbp\n"                        \
            "ret\n")

#define NOWHERE   0xdeadbeef
#define NO_RIGHTS 0xc0000000 // mapped read-only, not executable
#define RESERVED  0xc0200000 // mapped with a bit that must be 0

#define TEXT(number)   TEXT_OF(number)
#define TEXT_OF(number) #number
#define AT(address)    "mov $" TEXT(address) ", %ecx"

RAISE(divide, "mov $1, %eax\n xor %edx, %edx\n xor %ecx, %ecx",
      "div %ecx", "");
RAISE(overflowing_divide, "mov $1, %edx\n mov $1, %ecx", "div %ecx",
      "");
RAISE(breakpoint, "", "int3", "");
RAISE(invalid_opcode, "", "ud2", "");
RAISE(software_4, "", "int $4", "");
RAISE(software_5, "", "int $5", "");
RAISE(software_9, "", "int $9", "");
RAISE(software_15, "", "int $15", "");
RAISE(software_20, "", "int $20", "");

// Trap flag: after the next instruction.
RAISE(single_step, "pushfq\n orq $0x100, (%rsp)\n popfq", "nop", "");
// Debug registers: before an instruction, and after a write.
RAISE(watched_instruction,
      "lea watched_instruction_at(%rip), %rax\n mov %rax, %dr0\n"
      "mov $0x1, %eax\n mov %rax, %dr7",
      "nop", "");
uint32_t watched;
RAISE(watched_write,
      "lea watched(%rip), %rax\n mov %rax, %dr0\n"
      "mov $0xd0001, %eax\n mov %rax, %dr7",
      "movl $1, watched(%rip)", "");

// Without an FPU, and with one that another task uses (CR0.EM, CR0.TS).
RAISE(emulated_fpu, "mov %cr0, %rax\n or $4, %eax\n mov %rax, %cr0",
      "fninit", "mov %cr0, %rax\n and $~4, %eax\n mov %rax, %cr0");
RAISE(switched_fpu, "mov %cr0, %rax\n or $8, %eax\n mov %rax, %cr0",
      "fninit", "clts");
// 1 / 0 with that exception unmasked; the next instruction that waits
// for the FPU tells.
RAISE(fpu_error,
      "fninit\n pushq $0x37b\n fldcw (%rsp)\n movq $0, (%rsp)\n"
      "fld1\n fdivl (%rsp)\n pop %rax",
      "fwait", "fnclex\n fninit");

// With the GDT made below.
#define ABSENT 0x60
#define SHORT_TSS 0x68
#define BEYOND 0x80
RAISE(absent_segment, AT(ABSENT), "mov %cx, %fs", "");
RAISE(absent_stack, AT(ABSENT), "mov %cx, %ss", "");
RAISE(beyond_the_gdt, AT(BEYOND), "mov %cx, %fs", "");
RAISE(not_canonical, "mov $1, %ecx\n shl $63, %rcx", "mov (%rcx), %al",
      "");
// Needs the gate's own stack, of which the TSS has nothing.
RAISE(short_tss, "", "ud2", "");

RAISE(read_nowhere, AT(NOWHERE), "mov (%rcx), %al", "");
RAISE(write_nowhere, AT(NOWHERE), "mov %al, (%rcx)", "");
RAISE(jump_nowhere, AT(NOWHERE), "jmp *%rcx", "");
RAISE(write_read_only, AT(NO_RIGHTS), "mov %al, (%rcx)", "");
RAISE(jump_to_data, AT(NO_RIGHTS), "jmp *%rcx", "");
RAISE(read_reserved, AT(RESERVED), "mov (%rcx), %al", "");
RAISE(write_reserved, AT(RESERVED), "mov %al, (%rcx)", "");

// --- The handler ------------------------------------------------------

static unsigned times;
static struct trap_frame seen;
static uint64_t seen_cr2;
static uint64_t seen_dr6;
static uint64_t go_on_at;

static void on_exception(struct trap_frame *frame)
{
    enum { TRAP_FLAG = 1 << 8 };
    times++;
    seen = *frame;
    __asm__ volatile("mov %%cr2, %0" : "=r"(seen_cr2));
    // It keeps what it was told until somebody clears it.
    __asm__ volatile("mov %%dr6, %0" : "=r"(seen_dr6));
    __asm__ volatile("mov %0, %%dr6" : : "r"(UINT64_C(0xffff0ff0)));
    __asm__ volatile("mov %0, %%dr7" : : "r"(UINT64_C(0x400)));
    frame->rflags &= ~(uint64_t)TRAP_FLAG;
    frame->rip = go_on_at;
}

static void catch_all(void)
{
    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++) {
        interrupts_handle(vector, on_exception);
    }
}

struct raise {
    void (*run)(void);
    const uint8_t *behind;
    uint64_t rip; // what the frame has
    unsigned vector;
    uint64_t error_code;
    uint64_t unclear; // bits of the error code that do not count
};
#define FAULT(name, vector, error_code) \
    {name, name##_behind, (uintptr_t)name##_at, vector, error_code, 0}
#define TRAP(name, vector) \
    {name, name##_behind, (uintptr_t)name##_behind, vector, 0, 0}

static void check_raise(const struct raise *raise)
{
    enum { RESUME_FLAG = 1 << 16 };
    catch_all();
    times = 0;
    go_on_at = (uintptr_t)raise->behind;
    uint64_t flags;
    __asm__ volatile("pushfq; pop %0" : "=r"(flags));
    raise->run();
    CHECK_EQUAL(times, 1);
    CHECK_EQUAL(seen.vector, raise->vector);
    CHECK_EQUAL(seen.error_code & ~raise->unclear, raise->error_code);
    CHECK_EQUAL(seen.rip, raise->rip);
    CHECK_EQUAL(seen.cs, 8);
    // A fault that is to be resumed has RF set on hardware; the others
    // are what the instructions before have left, but for these.
    enum { CONTROL = 0x7f700 & ~RESUME_FLAG & ~0x100 };
    CHECK_EQUAL(seen.rflags & CONTROL, flags & CONTROL);
}

#define CHECK_RAISE(...)                           \
    do {                                           \
        static const struct raise raise = __VA_ARGS__; \
        check_raise(&raise);                       \
    } while (0)

// --- The tests --------------------------------------------------------

TEST(division)
{
    CHECK_RAISE(FAULT(divide, 0, 0));
    CHECK_RAISE(FAULT(overflowing_divide, 0, 0));
}

TEST(debug)
{
    CHECK_RAISE(TRAP(single_step, 1));
    CHECK_EQUAL(seen_dr6 & 0xe00f, 0x4000);
    CHECK_RAISE(FAULT(watched_instruction, 1, 0));
    CHECK_EQUAL(seen_dr6 & 0xe00f, 1);
    watched = 0;
    CHECK_RAISE(TRAP(watched_write, 1));
    CHECK_EQUAL(seen_dr6 & 0xe00f, 1);
    CHECK_EQUAL(watched, 1);
}

TEST(breakpoint_instruction)
{
    CHECK_EQUAL(breakpoint_behind - breakpoint_at, 1);
    CHECK_RAISE(TRAP(breakpoint, 3));
}

TEST(undefined_instruction)
{
    CHECK_RAISE(FAULT(invalid_opcode, 6, 0));
}

TEST(exceptions_that_only_software_raises)
{
    CHECK_RAISE(TRAP(software_4, 4));
    CHECK_RAISE(TRAP(software_5, 5));
    CHECK_RAISE(TRAP(software_9, 9));
    CHECK_RAISE(TRAP(software_15, 15));
    CHECK_RAISE(TRAP(software_20, 20));
}

TEST(fpu_exceptions)
{
    CHECK_RAISE(FAULT(emulated_fpu, 7, 0));
    CHECK_RAISE(FAULT(switched_fpu, 7, 0));
    CHECK_RAISE(FAULT(fpu_error, 16, 0));
}

// `int n` for each vector that is not the CPU's own: 3 bytes each.
extern const uint8_t software[224][3];
__asm__(".text\n"
        "software:\n"
        ".set vector, 32\n"
        ".rept 224\n"
        ".byte 0xcd, vector, 0xc3\n" // int vector; ret
        ".set vector, vector + 1\n"
        ".endr\n");

TEST(software_interrupts)
{
    for (unsigned i = 0; i < 224; i++) {
        const struct raise raise = {
            .run = (void (*)(void))(uintptr_t)software[i],
            .behind = software[i] + 2,
            .rip = (uintptr_t)(software[i] + 2),
            .vector = 32 + i,
        };
        check_raise(&raise);
    }
}

// --- Segments ---------------------------------------------------------

struct __attribute__((packed)) table {
    uint16_t limit;
    uint64_t base;
};

static struct table kernel_gdt;
static uint64_t gdt[16]; // BEYOND is behind its end

// The kernel's own descriptors, and these.
static void load_gdt(void)
{
    __asm__ volatile("sgdt %0" : "=m"(kernel_gdt));
    CHECK(kernel_gdt.limit < ABSENT);
    const uint64_t *theirs = (const uint64_t *)kernel_gdt.base;
    for (unsigned i = 0; i <= kernel_gdt.limit / 8u; i++) {
        gdt[i] = theirs[i];
    }
    static uint8_t task_state[104];
    uint64_t base = (uintptr_t)task_state;
    // Data, but for the bit that says that it is present.
    gdt[ABSENT / 8] = UINT64_C(0x00cf13000000ffff);
    // Ends before the first stack of the IST.
    gdt[SHORT_TSS / 8] = UINT64_C(0x0000890000000023) |
                         (base & 0xffffff) << 16 |
                         (base >> 24 & 0xff) << 56;
    gdt[SHORT_TSS / 8 + 1] = base >> 32;
    const struct table ours = {sizeof(gdt) - 1, (uintptr_t)gdt};
    __asm__ volatile("lgdt %0" : : "m"(ours) : "memory");
}

static void restore_gdt(void)
{
    __asm__ volatile("lgdt %0" : : "m"(kernel_gdt) : "memory");
}

TEST(segments)
{
    load_gdt();
    CHECK_RAISE(FAULT(absent_segment, 11, ABSENT));
    CHECK_RAISE(FAULT(absent_stack, 12, ABSENT));
    CHECK_RAISE(FAULT(beyond_the_gdt, 13, BEYOND));
    restore_gdt();
    CHECK_RAISE(FAULT(not_canonical, 13, 0));
}

// The task register keeps the TSS that is too short if there was none.
static void load_task(uint16_t selector)
{
    enum { BUSY = 1 << 9 };
    struct table table;
    __asm__ volatile("sgdt %0" : "=m"(table));
    uint32_t *descriptor = (uint32_t *)(table.base + selector);
    descriptor[1] &= ~(uint32_t)BUSY;
    __asm__ volatile("ltr %0" : : "r"(selector) : "memory");
}

TEST(a_task_state_segment_that_is_too_short)
{
    static uint64_t idt[512];
    struct table kernel_idt;
    __asm__ volatile("sidt %0" : "=m"(kernel_idt));
    for (unsigned i = 0; i < 512; i++) {
        idt[i] = ((const uint64_t *)kernel_idt.base)[i];
    }
    idt[2 * 6] |= UINT64_C(1) << 32; // IST 1
    uint16_t kernel_task;
    __asm__ volatile("str %0" : "=r"(kernel_task));

    load_gdt();
    load_task(SHORT_TSS);
    const struct table ours = {sizeof(idt) - 1, (uintptr_t)idt};
    __asm__ volatile("lidt %0" : : "m"(ours) : "memory");
    CHECK_RAISE(FAULT(short_tss, 10, SHORT_TSS));
    __asm__ volatile("lidt %0" : : "m"(kernel_idt) : "memory");
    restore_gdt();
    if (kernel_task != 0) {
        load_task(kernel_task);
    }
}

// --- Pages ------------------------------------------------------------

#define TABLE __attribute__((aligned(4096)))

static uint64_t read_cr3(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

static void write_cr3(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

TEST(page_faults)
{
    CHECK_RAISE(FAULT(read_nowhere, 14, 0));
    CHECK_EQUAL(seen_cr2, NOWHERE);
    CHECK_RAISE(FAULT(write_nowhere, 14, 2));
    CHECK_EQUAL(seen_cr2, NOWHERE);
    CHECK_RAISE({jump_nowhere, jump_nowhere_behind, NOWHERE, 14, 0x10, 0});
    CHECK_EQUAL(seen_cr2, NOWHERE);
}

TEST(page_faults_in_pages_that_are_there)
{
    // Tables of our own, for the kernel's may be anywhere: its memory
    // where it is, and in the fourth GiB the two pages.
    enum { PRESENT = 1, WRITABLE = 2, HUGE = 0x80 };
    static const uint64_t fourth[512] TABLE = {
        [0] = PRESENT | HUGE | UINT64_C(1) << 63,
        [1] = PRESENT | WRITABLE | HUGE | 1 << 13,
    };
    static uint64_t first[512] TABLE = {
        [0] = PRESENT | WRITABLE | HUGE,
    };
    static uint64_t pdpt[512] TABLE;
    static uint64_t pml4[512] TABLE;
    pml4[0] = (uintptr_t)pdpt | PRESENT | WRITABLE;
    pdpt[0] = (uintptr_t)first | PRESENT | WRITABLE;
    pdpt[3] = (uintptr_t)fourth | PRESENT | WRITABLE;
    uint64_t kernels = read_cr3();
    write_cr3((uintptr_t)pml4);
    CHECK_RAISE(FAULT(write_read_only, 14, 3));
    CHECK_EQUAL(seen_cr2, NO_RIGHTS);
    CHECK_RAISE({jump_to_data, jump_to_data_behind, NO_RIGHTS, 14, 0x11,
                 0});
    CHECK_EQUAL(seen_cr2, NO_RIGHTS);
    // A CPU says that the page is present, QEMU 7.2 does not.
    CHECK_RAISE({read_reserved, read_reserved_behind,
                 (uintptr_t)read_reserved_at, 14, 8, PRESENT});
    CHECK_EQUAL(seen_cr2, RESERVED);
    CHECK_RAISE({write_reserved, write_reserved_behind,
                 (uintptr_t)write_reserved_at, 14, 0xa, PRESENT});
    write_cr3(kernels);
}

// --- A breakpoint, over and over --------------------------------------

enum { REGISTERS = 15 };
uint64_t before[REGISTERS];
uint64_t after[REGISTERS];
uint64_t own_stack;
void breakpoint_with_all_registers(void);

#define EACH_REGISTER(how)                                          \
    how("rax", "0") how("rbx", "1") how("rcx", "2") how("rdx", "3") \
    how("rsi", "4") how("rdi", "5") how("rbp", "6") how("r8", "7")  \
    how("r9", "8") how("r10", "9") how("r11", "10")                 \
    how("r12", "11") how("r13", "12") how("r14", "13")              \
    how("r15", "14")
#define LOAD(name, number) \
    "mov before + 8 * " number "(%rip), %" name "\n"
#define STORE(name, number) \
    "mov %" name ", after + 8 * " number "(%rip)\n"

__asm__(".text\n"
        ".type breakpoint_with_all_registers, @function\n"
        "breakpoint_with_all_registers:\n"
        "push %rbp\n mov %rsp, %rbp\n push %rbx\n push %r12\n"
        "push %r13\n push %r14\n push %r15\n"
        "mov %rsp, own_stack(%rip)\n"
        EACH_REGISTER(LOAD)
        "int3\n"
        EACH_REGISTER(STORE)
        "sub %rsp, own_stack(%rip)\n"
        "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n"
        "pop %rbp\n ret\n");

static unsigned breakpoints;

static void count(struct trap_frame *frame)
{
    (void)frame;
    breakpoints++;
}

static bool registers_keep(uint64_t start)
{
    for (unsigned i = 0; i < REGISTERS; i++) {
        before[i] = (start + i) * UINT64_C(0x9e3779b97f4a7c15);
    }
    breakpoint_with_all_registers();
    for (unsigned i = 0; i < REGISTERS; i++) {
        if (after[i] != before[i]) {
            return false;
        }
    }
    return own_stack == 0;
}

TEST(a_hundred_thousand_breakpoints_keep_all_registers)
{
    interrupts_handle(VECTOR_BREAKPOINT, count);
    breakpoints = 0;
    unsigned kept = 0;
    for (unsigned i = 0; i < 100000; i++) {
        kept += registers_keep(i);
    }
    CHECK_EQUAL(kept, 100000);
    CHECK_EQUAL(breakpoints, 100000);
}

TEST(functions_of_cpu_h_raise)
{
    interrupts_handle(VECTOR_BREAKPOINT, count);
    breakpoints = 0;
    cpu_breakpoint();
    CHECK_EQUAL(breakpoints, 1);
}

TEST(the_kernels_own_breakpoint_keeps_all_registers)
{
    exceptions_init();
    unsigned kept = 0;
    for (unsigned i = 0; i < 50; i++) {
        kept += registers_keep(i);
    }
    CHECK_EQUAL(kept, 50);
}

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    __asm__ volatile("cli");
    unsigned failures = test_run_all();
    serial_drain();
    qemu_exit(failures == 0 ? QEMU_SUCCESS : QEMU_FAILURE);
}
