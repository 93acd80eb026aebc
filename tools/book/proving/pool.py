"""Threads that do the most urgent work first, and can be stopped."""

import itertools
import queue
import threading

from common import processes


class Stopped(Exception):
    """The proof was interrupted; a thread has nothing more to do."""


class Pool:
    """`count` threads.  Whoever adds work may be one of them."""

    def __init__(self, count):
        self.waiting = queue.PriorityQueue()
        self.done = queue.Queue()
        self.order = itertools.count()
        self.lock = threading.Lock()
        self.open = 0           # pieces of work not done yet
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.work, daemon=True)
                        for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def add(self, urgency, work):
        """Adds a function to be called; what is most urgent comes first,
        of the same urgency what was added first."""
        with self.lock:
            self.open += 1
        self.waiting.put((-urgency, next(self.order), work))

    def work(self):
        while True:
            work = self.waiting.get()[2]
            error = None
            try:
                if self.stopping.is_set():
                    return
                work()
            except Stopped:
                return
            except BaseException as reason:  # for the main thread
                error = reason
            self.done.put(error)

    def wait(self):
        """Waits until nothing is left; an error of a thread is ours."""
        while self.open:
            error = self.done.get()
            if error:
                raise error
            with self.lock:
                self.open -= 1

    def stop(self):
        """Ends the threads, and all programs that they have started."""
        self.stopping.set()
        for _ in self.threads:
            self.add(0, None)
        for thread in self.threads:
            while thread.is_alive():
                processes.end_all()
                thread.join(0.05)

    def check(self):
        """Called by the work before anything that takes long."""
        if self.stopping.is_set():
            raise Stopped
