"""What every tool needs: each mechanism once.

    files       the project's places, and one walk over a directory
    processes   starting programs, ending them, signals
    waiting     waiting until something is so, with a limit
    memory      results remembered by the content they came from
    terminal    progress, colours, safe text; the frame of a command
"""
