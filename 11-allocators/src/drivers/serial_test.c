#include "drivers/serial.h"

#include "test/test.h"

TEST(serial_port_echoes_in_loopback)
{
    // It empties the queues, where this test's name may still be.
    serial_drain();
    CHECK(serial_init());
}
