#include "drivers/serial.h"

#include "test/test.h"

TEST(serial_port_echoes_in_loopback)
{
    serial_init();
    CHECK(serial_is_present());
}
