"""Factories of codes, honest and not, that a measuring process finds by their names."""

from __future__ import annotations

import os
import signal
import time

import numpy as np
from adjoint.honest import Logistic, Wave


def logistic(shape, steps):
    return Logistic(tuple(shape), steps)


def wave(points, steps):
    return Wave(points, steps)


class Scalar(Logistic):
    """A gradient of no dimension."""

    @property
    def gradient(self):
        return np.array(self.sum.sum())


def scalar():
    return Scalar()


def raises():
    raise LookupError("nothing of that name")


def hangs():
    time.sleep(3600)


def dies():
    os.kill(os.getpid(), signal.SIGSEGV)


def eats():
    held = [np.ones(1 << 24) for _ in range(20)]
    time.sleep(3600)
    return held


def returns_a_number():
    return 3


def raises_on_the_way_back():
    class Late(Logistic):
        def reverse(self, step, level):
            if step == 3:
                raise ZeroDivisionError("at three")
            super().reverse(step, level)

    return Late()


class Flat(Logistic):
    def reverse(self, step, level):
        pass
