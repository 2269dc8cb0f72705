/* What both kernels ask of the memory that Python hands them. */

#include <Python.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a buffer is large enough and begins where numbers can lie; sets a Python error where not. */
static int fits(const Py_buffer *buffer, ptrdiff_t bytes, int align, const char *name)
{
    if (buffer->len < bytes)
        PyErr_Format(PyExc_ValueError, "%s has %zd bytes; %zd are needed", name, buffer->len, bytes);
    else if ((uintptr_t)buffer->buf % (uintptr_t)align)
        PyErr_Format(PyExc_ValueError, "%s is not aligned to %d bytes", name, align);
    else
        return 1;
    return 0;
}
