"""Breaking the statements of a kernel one at a time: do its tests notice?

    source      the tokens of C, and its structure
    changes     what can be broken
    excuses     what may survive, and why
    chosen      which files and lines of a tree are broken
    workshop    a copy of the project to break things in
    run         trying all of them, side by side, and the sum
"""
