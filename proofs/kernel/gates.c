// Every gate of the IDT, entered as the CPU would enter it: a frame is
// built by hand, with an error code where the CPU has one, and a jump
// leads to where the gate points.  `int n` would push no error code.
// needs: src/arch/interrupts.h src/arch/interrupts.c src/lib/backtrace.h
// needs: src/arch/stacks.h src/kernel/init.c src/test/test.c
// once: src/arch/interrupts.* src/arch/gdt.* src/arch/stacks.*
// once: src/lib/backtrace.*
#include "arch/interrupts.h"

#include <stdbool.h>
#include <stddef.h>

#include "arch/stacks.h"
#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/kernel.h"
#include "lib/backtrace.h"
#include "test/test.h"

enum {
    FLAGS_FIXED = 1 << 1,
    FLAGS_INTERRUPT = 1 << 9,
    FLAGS_DIRECTION = 1 << 10,
    // Carry, parity, adjust, zero, sign and overflow.
    FLAGS_STATUS = 0x8d5,
};

// In the order of struct trap_frame: rax, rbx, rcx, rdx, rsi, rdi, rbp,
// r8 to r15.
enum { REGISTERS = 15, RBP = 6 };

// What enter_gate() takes and leaves; its code counts on the order.
struct passage {
    uint64_t target;
    uint64_t pushes_error_code;
    uint64_t error_code;
    uint64_t flags; // of the code that is interrupted
    uint64_t stack; // its rsp
    uint64_t before[REGISTERS];
    uint64_t after[REGISTERS];
    uint64_t flags_after;
    uint64_t stack_after;
    uint64_t own_stack;
};
struct passage passage;
void enter_gate(void);
extern const uint8_t gate_back[];

// The live flags have the direction bit set when the jump is made: the
// CPU does not clear it either.
#define EACH_REGISTER(how)                                          \
    how("rax", "0") how("rbx", "1") how("rcx", "2") how("rdx", "3") \
    how("rsi", "4") how("rdi", "5") how("rbp", "6") how("r8", "7")  \
    how("r9", "8") how("r10", "9") how("r11", "10")                 \
    how("r12", "11") how("r13", "12") how("r14", "13")              \
    how("r15", "14")
#define LOAD(name, number) \
    "mov passage + 40 + 8 * " number "(%rip), %" name "\n"
#define STORE(name, number) \
    "mov %" name ", passage + 160 + 8 * " number "(%rip)\n"
_Static_assert(offsetof(struct passage, before) == 40 &&
                   offsetof(struct passage, after) == 160 &&
                   offsetof(struct passage, own_stack) == 296,
               "as enter_gate has it");

__asm__(".text\n"
        ".type enter_gate, @function\n"
        "enter_gate:\n"
        "push %rbp\n"
        "mov %rsp, %rbp\n"
        "push %rbx\n"
        "push %r12\n"
        "push %r13\n"
        "push %r14\n"
        "push %r15\n"
        "mov %rsp, passage + 296(%rip)\n"
        // What the CPU pushes, below what is interrupted.
        "mov passage + 32(%rip), %rsp\n"
        "and $-16, %rsp\n"
        "mov %ss, %eax\n"
        "push %rax\n"
        "pushq passage + 32(%rip)\n"
        "pushq passage + 24(%rip)\n"
        "mov %cs, %eax\n"
        "push %rax\n"
        "lea gate_back(%rip), %rax\n"
        "push %rax\n"
        "cmpq $0, passage + 8(%rip)\n"
        "je 1f\n"
        "pushq passage + 16(%rip)\n"
        "1:\n" EACH_REGISTER(LOAD) "std\n"
        "jmp *passage(%rip)\n"
        ".global gate_back\n"
        "gate_back:\n" EACH_REGISTER(STORE)
        "mov %rsp, passage + 288(%rip)\n"
        "mov passage + 296(%rip), %rsp\n"
        "pushfq\n"
        "popq passage + 280(%rip)\n"
        "cld\n"
        "pop %r15\n"
        "pop %r14\n"
        "pop %r13\n"
        "pop %r12\n"
        "pop %rbx\n"
        "pop %rbp\n"
        "ret\n");

// A stack for the code that is interrupted, in the middle of ours: what
// is below is the handler's, and must be of a stack that is known.
enum { STACK_ROOM = 4096 };

static uint64_t random_state = 5;

static uint64_t random(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) +
                   UINT64_C(1442695040888963407);
    return random_state ^ random_state >> 29;
}

static bool pushes_error_code(unsigned vector)
{
    static const uint8_t those[] = {8,  10, 11, 12, 13,
                                    14, 17, 21, 29, 30};
    for (unsigned i = 0; i < sizeof(those); i++) {
        if (vector == those[i]) {
            return true;
        }
    }
    return false;
}

// --- Where the gates lead ---------------------------------------------

struct __attribute__((packed)) table {
    uint16_t limit;
    uint64_t base;
};

static uint64_t target_of(unsigned vector)
{
    struct table idt;
    __asm__ volatile("sidt %0" : "=m"(idt));
    const uint64_t *gate = (const uint64_t *)idt.base + 2 * vector;
    return (gate[0] & 0xffff) | (gate[0] >> 32 & 0xffff0000) |
           gate[1] << 32;
}

// --- The handler ------------------------------------------------------

static unsigned times;
static struct trap_frame seen;
static uint64_t frame_address;
static uint64_t entry_flags;
static uint64_t change; // what each register of the frame is xored with
static bool walked_to_interrupted;

// Whether a backtrace from here comes to the code that was interrupted,
// with that code's own rbp.
static bool finds_interrupted(const struct trap_frame *frame)
{
    uintptr_t at = (uintptr_t)__builtin_frame_address(0);
    uintptr_t address;
    for (unsigned i = 0; i < 6; i++) {
        if (!backtrace_step(stacks_find(at), &at, &address)) {
            return false;
        }
        if (address == frame->rip) {
            return at == frame->rbp;
        }
    }
    return false;
}

static void on_gate(struct trap_frame *frame)
{
    __asm__ volatile("pushfq; pop %0" : "=r"(entry_flags));
    // After `call` and `push rbp` a multiple of 16 again.
    frame_address = (uintptr_t)__builtin_frame_address(0);
    times++;
    seen = *frame;
    walked_to_interrupted = finds_interrupted(frame);
    uint64_t *registers = &frame->rax;
    for (unsigned i = 0; i < REGISTERS; i++) {
        registers[i] ^= change;
    }
}

// --- The tests --------------------------------------------------------

static void prepare(unsigned vector)
{
    passage = (struct passage){
        .target = target_of(vector),
        .pushes_error_code = pushes_error_code(vector),
        .error_code = random(),
        .flags = FLAGS_FIXED | FLAGS_DIRECTION |
                 (random() & FLAGS_STATUS),
        // Any alignment; never in the way of what we have there.
        .stack = (uintptr_t)__builtin_frame_address(0) - STACK_ROOM -
                 random() % 64,
    };
    for (unsigned i = 0; i < REGISTERS; i++) {
        passage.before[i] = random();
    }
    times = 0;
    seen = (struct trap_frame){0};
    interrupts_handle(vector, on_gate);
}

static void check_frame(unsigned vector)
{
    CHECK_EQUAL(times, 1);
    CHECK_EQUAL(seen.vector, vector);
    CHECK_EQUAL(seen.error_code, passage.pushes_error_code != 0
                                     ? passage.error_code
                                     : 0);
    CHECK_EQUAL(seen.rip, (uintptr_t)gate_back);
    CHECK_EQUAL(seen.cs, 8);
    CHECK_EQUAL(seen.rflags, passage.flags);
    CHECK_EQUAL(seen.rsp, passage.stack);
    const uint64_t *registers = &seen.rax;
    for (unsigned i = 0; i < REGISTERS; i++) {
        CHECK_EQUAL(registers[i], passage.before[i]);
    }
}

static void check_after(void)
{
    for (unsigned i = 0; i < REGISTERS; i++) {
        CHECK_EQUAL(passage.after[i], passage.before[i] ^ change);
    }
    CHECK_EQUAL(passage.flags_after, passage.flags);
    CHECK_EQUAL(passage.stack_after, passage.stack);
}

TEST(every_gate_leads_to_its_handler_and_back)
{
    change = 0;
    for (unsigned vector = 0; vector < 256; vector++) {
        prepare(vector);
        enter_gate();
        check_frame(vector);
        check_after();
    }
}

TEST(c_is_entered_as_it_expects)
{
    for (unsigned vector = 0; vector < 256; vector++) {
        for (unsigned i = 0; i < 4; i++) {
            prepare(vector);
            enter_gate();
            CHECK_EQUAL(times, 1);
            CHECK_EQUAL(frame_address % 16, 0);
            CHECK_EQUAL(entry_flags & FLAGS_DIRECTION, 0);
            CHECK_EQUAL(entry_flags & FLAGS_INTERRUPT, 0);
        }
    }
}

TEST(what_a_handler_changes_in_the_frame_is_so_afterwards)
{
    for (unsigned vector = 0; vector < 256; vector++) {
        prepare(vector);
        change = random();
        enter_gate();
        check_frame(vector);
        check_after();
    }
    change = 0;
}

TEST(a_backtrace_goes_on_into_the_interrupted_code)
{
    for (unsigned vector = 0; vector < 256; vector++) {
        prepare(vector);
        passage.before[RBP] = (uintptr_t)__builtin_frame_address(0);
        enter_gate();
        CHECK_EQUAL(times, 1);
        CHECK(walked_to_interrupted);
    }
}

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    __asm__ volatile("cli");
    unsigned failures = test_run_all();
    serial_drain();
    qemu_exit(failures == 0 ? QEMU_SUCCESS : QEMU_FAILURE);
}
