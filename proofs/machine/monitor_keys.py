"""Ten thousand keys typed at the monitor while tasks run.

needs: src/kernel/commands.c src/kernel/faults.c src/kernel/keys.c
when: thorough
limit: 300
"""

from monitor import type_keys


def test_ten_thousand_keys_while_tasks_run(kernel):
    """None is lost."""
    type_keys(kernel, 10000)
