"""Settings of the tests: the same product, with a fixed secret."""

from gistac.settings import *
