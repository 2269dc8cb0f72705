/* Prediction by interpolation from coarse to fine grids, quantised inside the loop: the arithmetic of `interp`.

   A field of up to four axes has its points on grids of the strides 2^L, …, 4, 2, 1. From each grid the points of the
   next finer one are predicted axis by axis, the last axis first, from what both directions have reconstructed by then;
   the difference is coded as a multiple of the step, in one byte or two. What does not fit escapes: the code is the least of
   all, and the value itself is kept. Within a pass no point depends on another one.

   The reconstruction of the encoder is needed at every second point of one axis alone: the odd ones of that axis are the
   targets of the very last pass, from which nothing is predicted. So it takes half a field. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE__
#include <immintrin.h>
#endif
#ifdef _OPENMP
#include <omp.h>
#endif

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__)
#define CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CLONES
#endif

enum { AXES = 4, MOST_SEGMENTS = 6 };

typedef struct {
    double width, bound; /* of a quantum at this grid; the greatest error of any point */
} Steps;

typedef struct {
    ptrdiff_t length[AXES];                           /* of the field */
    ptrdiff_t full[AXES], kept[AXES];                 /* distances of neighbours in the field and in what is kept */
    int halved;                                       /* the axis of which every second point is kept; -1 for none */
    int axis;                                         /* along which is predicted */
    ptrdiff_t stride;                                 /* of the finer grid */
    ptrdiff_t count[AXES], start[AXES], every[AXES];  /* targets along each axis, the first of them, their distance */
    ptrdiff_t source_step, step;                      /* between the targets of a row, in the field and in what is kept */
    int keeps;                                        /* whether anything is predicted from the targets */
} Pass;

typedef struct {
    ptrdiff_t source, target, near[4], count, code; /* offsets of the first target and of its neighbours; its place */
    const double *weights;
} Segment;

typedef struct {
    void *values;
    ptrdiff_t count, room;
    int strange; /* a value is no finite number */
} List;

static const double CUBIC[4] = {-1 / 16., 9 / 16., 9 / 16., -1 / 16.}, NO_LEFT[4] = {0, 3 / 8., 6 / 8., -1 / 8.},
                    NO_RIGHT[4] = {-1 / 8., 6 / 8., 3 / 8., 0}, LINEAR[4] = {0, 1 / 2., 1 / 2., 0},
                    BEYOND[4] = {-1 / 2., 3 / 2., 0, 0}, NEAREST[4] = {0, 1, 0, 0};

/* Choose weights by which of the neighbours at -3, 1 and 3 strides are there (that at -1 always is), and say where the
   four of them are: those that are not there stand at -1, with the weight 0. */
static const double *choose(ptrdiff_t at, ptrdiff_t length, ptrdiff_t stride, ptrdiff_t places[4])
{
    const int left = at >= 3 * stride, right = at + stride < length, far = at + 3 * stride < length;
    places[1] = at - stride;
    places[0] = left ? at - 3 * stride : places[1];
    places[2] = right ? at + stride : places[1];
    places[3] = far ? at + 3 * stride : places[1];
    if (!right) return left ? BEYOND : NEAREST;
    return left ? (far ? CUBIC : NO_RIGHT) : (far ? NO_LEFT : LINEAR);
}

static ptrdiff_t place(const Pass *pass, int axis, ptrdiff_t at)
{
    return (axis == pass->halved ? at / 2 : at) * pass->kept[axis];
}

/* Say where the row of a number is, in segments of equal weights; return how many there are. */
static int cut(const Pass *pass, ptrdiff_t row, Segment *segments)
{
    ptrdiff_t source = 0, target = 0, at = 0, places[4];
    for (int axis = 2; axis >= 0; axis--) {
        const ptrdiff_t index = pass->start[axis] + row % pass->count[axis] * pass->every[axis];
        row /= pass->count[axis];
        source += index * pass->full[axis];
        if (axis == pass->axis)
            at = index;
        else
            target += place(pass, axis, index);
    }
    if (pass->axis < 3) {
        Segment *one = segments;
        one->weights = choose(at, pass->length[pass->axis], pass->stride, places);
        for (int j = 0; j < 4; j++) one->near[j] = target + place(pass, pass->axis, places[j]);
        one->source = source;
        one->target = target + place(pass, pass->axis, at);
        one->count = pass->count[3];
        one->code = 0;
        return 1;
    }
    int many = 0;
    const ptrdiff_t count = pass->count[3], stride = pass->stride, length = pass->length[3];
    /* Of the targets (2 k + 1) strides those with k >= 1 and (2 k + 4) strides inside have all four neighbours. */
    const ptrdiff_t whole = length > 4 * stride ? (length - 1 - 4 * stride) / (2 * stride) + 1 : 0;
    for (ptrdiff_t k = 0; k < count;) {
        const ptrdiff_t here = (2 * k + 1) * stride;
        Segment *one = &segments[many++];
        one->weights = choose(here, length, stride, places);
        for (int j = 0; j < 4; j++) one->near[j] = target + place(pass, 3, places[j]);
        one->source = source + here;
        one->target = target + place(pass, 3, here);
        one->count = k >= 1 && k < whole ? whole - k : 1;
        one->code = k;
        k += one->count;
    }
    return many;
}

#define REAL float
#define MAGIC 12582912.0f
#define MOST 3.40282347e38f
#define CODE int8_t
#define LIMIT 127
#define NAME(x) x##_float_narrow
#include "_interp_passes.h"
#undef CODE
#undef LIMIT
#undef NAME
#define CODE int16_t
#define LIMIT 32767
#define NAME(x) x##_float_wide
#include "_interp_passes.h"
#undef CODE
#undef LIMIT
#undef NAME
#undef REAL
#undef MAGIC
#undef MOST
#define REAL double
#define MAGIC 6755399441055744.0
#define MOST 1.7976931348623157e308
#define CODE int8_t
#define LIMIT 127
#define NAME(x) x##_double_narrow
#include "_interp_passes.h"
#undef CODE
#undef LIMIT
#undef NAME
#define CODE int16_t
#define LIMIT 32767
#define NAME(x) x##_double_wide
#include "_interp_passes.h"

typedef struct {
    int (*encode_rows)(const Pass *, const void *, void *, ptrdiff_t, ptrdiff_t, Steps, void *, List *);
    void (*decode_rows)(const Pass *, void *, ptrdiff_t, ptrdiff_t, Steps, const void *, List *, int);
    ptrdiff_t (*escapes)(const void *, ptrdiff_t);
} Kernels;

static const Kernels KERNELS[2][2] = {
    {{encode_rows_float_narrow, decode_rows_float_narrow, escapes_float_narrow},
     {encode_rows_float_wide, decode_rows_float_wide, escapes_float_wide}},
    {{encode_rows_double_narrow, decode_rows_double_narrow, escapes_double_narrow},
     {encode_rows_double_wide, decode_rows_double_wide, escapes_double_wide}},
};

/* Subnormal numbers count here, whatever the process does with them otherwise: both directions must round alike. */
static unsigned ieee(void)
{
#ifdef __SSE__
    const unsigned here = _mm_getcsr();
    _mm_setcsr(0x1f80);
    return here;
#else
    return 0;
#endif
}

static void restore(unsigned state)
{
#ifdef __SSE__
    _mm_setcsr(state);
#else
    (void)state;
#endif
}

static void set_pass(Pass *pass, int axis, ptrdiff_t stride)
{
    pass->axis = axis;
    pass->stride = stride;
    for (int other = 0; other < AXES; other++) {
        const ptrdiff_t last = pass->length[other] - 1;
        pass->start[other] = other == axis ? stride : 0;
        pass->every[other] = other > axis ? stride : 2 * stride;
        pass->count[other] = last < pass->start[other] ? 0 : (last - pass->start[other]) / pass->every[other] + 1;
    }
    pass->source_step = pass->every[3];
    pass->step = place(pass, 3, pass->every[3]);
    pass->keeps = !(stride == 1 && axis == pass->halved);
}

/* Quanta of coarser grids are finer: their errors spread. */
static Steps steps_of(double tolerance, double noise, int level)
{
    double finer = 1.0;
    for (int k = 0; k < level && finer < 3.0; k++) finer *= 1.5;
    if (finer > 3.0) finer = 3.0;
    const double aim = tolerance / finer - noise;
    return (Steps){2.0 * (aim > 0.25 * tolerance ? aim : 0.25 * tolerance), tolerance};
}

typedef struct {
    Pass pass;
    ptrdiff_t size;
    int levels, is_double, code_bytes;
    double tolerance, noise;
    Kernels kernels;
} Plan;

/* Read shape and numbers into a plan; the axes stand last. Returns 0 with a Python error set. */
static int make_plan(Plan *plan, PyObject *shape, int itemsize, int code_bytes, double tolerance, double noise, int half)
{
    const Py_ssize_t axes = PyTuple_Check(shape) ? PyTuple_GET_SIZE(shape) : 0;
    Pass *pass = &plan->pass;
    if (axes < 1 || axes > AXES || (itemsize != 4 && itemsize != 8) || (code_bytes != 1 && code_bytes != 2)) {
        PyErr_SetString(PyExc_ValueError, "expected a shape of 1 to 4 axes, numbers of 4 or 8 bytes, codes of 1 or 2");
        return 0;
    }
    ptrdiff_t most = 1;
    plan->size = 1;
    pass->halved = -1;
    for (int axis = 0; axis < AXES; axis++) {
        const int given = axis - (AXES - (int)axes);
        pass->length[axis] = given < 0 ? 1 : PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, given));
        if (pass->length[axis] < 1 || pass->length[axis] > PTRDIFF_MAX / 16 / plan->size) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "an axis has no length, or the field no size");
            return 0;
        }
        plan->size *= pass->length[axis];
        if (pass->length[axis] > most) most = pass->length[axis];
        if (half && pass->halved < 0 && pass->length[axis] > 1) pass->halved = axis;
    }
    ptrdiff_t full = 1, kept = 1;
    for (int axis = AXES - 1; axis >= 0; axis--) {
        pass->full[axis] = full;
        pass->kept[axis] = kept;
        full *= pass->length[axis];
        kept *= axis == pass->halved ? (pass->length[axis] + 1) / 2 : pass->length[axis];
    }
    plan->levels = 0;
    while (((ptrdiff_t)1 << plan->levels) < most) plan->levels++;
    plan->is_double = itemsize == 8;
    plan->code_bytes = code_bytes;
    plan->kernels = KERNELS[plan->is_double][code_bytes == 2];
    const double short_of = plan->is_double ? 0x1p-51 : 0x1p-22;
    plan->tolerance = tolerance * (1.0 - short_of);
    plan->noise = noise;
    return 1;
}

static ptrdiff_t rows_of(const Pass *pass) { return pass->count[0] * pass->count[1] * pass->count[2]; }

static ptrdiff_t kept_size(const Plan *plan)
{
    ptrdiff_t size = 1;
    for (int axis = 0; axis < AXES; axis++)
        size *= axis == plan->pass.halved ? (plan->pass.length[axis] + 1) / 2 : plan->pass.length[axis];
    return size;
}

enum { LEAST_PARALLEL = 1 << 15 };

static int teams(const Pass *pass, int threads)
{
    const ptrdiff_t rows = rows_of(pass);
    if (rows * pass->count[3] < LEAST_PARALLEL) return 1;
    return rows < threads ? (int)rows : threads;
}

/* The coarsest grid is one point, which is kept as it is; predictions begin with it, or with 0 where it is no number. */
static void settle_first(const Plan *plan, void *kept, const void *value)
{
    if (plan->is_double) {
        const double own = *(const double *)value;
        *(double *)kept = own <= 1.7976931348623157e308 && own >= -1.7976931348623157e308 ? own : 0.0;
    } else {
        const float own = *(const float *)value;
        *(float *)kept = own <= 3.40282347e38f && own >= -3.40282347e38f ? own : 0.0f;
    }
}

/* Code all passes; returns 0, -1 for want of memory, -2 where more escaped than `room`. */
static int encode_all(Plan *plan, const void *field, void *kept, char *codes, void *values, ptrdiff_t room,
                      ptrdiff_t *escaped, int threads)
{
    const size_t itemsize = plan->is_double ? 8 : 4;
    List *lists = calloc((size_t)threads, sizeof(List));
    if (!lists) return -1;
    int failed = 0;
    *escaped = 0;
    settle_first(plan, kept, field);
    for (int level = plan->levels - 1; level >= 0; level--) {
        const Steps steps = steps_of(plan->tolerance, plan->noise, level);
        for (int axis = AXES - 1; axis >= 0; axis--) {
            Pass *pass = &plan->pass;
            set_pass(pass, axis, (ptrdiff_t)1 << level);
            const ptrdiff_t rows = rows_of(pass), points = rows * pass->count[3];
            if (!points) continue;
            const int team = teams(pass, threads);
#pragma omp parallel for num_threads(team) schedule(static, 1) if (team > 1)
            for (int t = 0; t < team; t++) {
                const unsigned state = ieee();
                const ptrdiff_t first = rows * t / team, last = rows * (t + 1) / team;
                List *list = &lists[t];
                list->count = 0;
                list->room = team == 1 ? room - *escaped : (last - first) * pass->count[3];
                if (list->room > room - *escaped) list->room = room - *escaped;
                list->values = team == 1 ? (char *)values + itemsize * (size_t)*escaped
                                         : malloc(itemsize * (size_t)(list->room ? list->room : 1));
                const int bad =
                    list->values ? plan->kernels.encode_rows(pass, field, kept, first, last, steps, codes, list) : -1;
                restore(state);
                if (bad) {
#pragma omp atomic write
                    failed = !list->values ? -1 : -2;
                }
            }
            for (int t = 0; t < team; t++) {
                if (team > 1) {
                    if (!failed && lists[t].count > room - *escaped) failed = -2;
                    if (!failed) memcpy((char *)values + itemsize * (size_t)*escaped, lists[t].values,
                                        itemsize * (size_t)lists[t].count);
                    free(lists[t].values);
                }
                if (!failed) *escaped += lists[t].count;
            }
            if (failed) break;
            codes += points * plan->code_bytes;
        }
        if (failed) break;
    }
    free(lists);
    return failed;
}

/* Undo encode_all. `first_codes` has a code for each point but one, and one escape for each value but the first. */
static int decode_all(Plan *plan, void *out, const char *first_codes, const void *values, int threads)
{
    const size_t itemsize = plan->is_double ? 8 : 4;
    List *lists = calloc((size_t)threads, sizeof(List));
    if (!lists) return -1;
    int strange = 0;
    settle_first(plan, out, values);
    for (int patch = 0; patch <= strange; patch++) {
        const char *codes = first_codes;
        const char *next = (const char *)values + itemsize;
        for (int level = plan->levels - 1; level >= 0; level--) {
            const Steps steps = steps_of(plan->tolerance, plan->noise, level);
            for (int axis = AXES - 1; axis >= 0; axis--) {
                Pass *pass = &plan->pass;
                set_pass(pass, axis, (ptrdiff_t)1 << level);
                const ptrdiff_t rows = rows_of(pass), points = rows * pass->count[3];
                if (!points) continue;
                const int team = teams(pass, threads);
                for (int t = 0; t < team; t++) {
                    const ptrdiff_t first = rows * t / team, last = rows * (t + 1) / team;
                    lists[t] = (List){(void *)next, 0, 0, 0};
                    if (team > 1)
                        next += itemsize * (size_t)plan->kernels.escapes(codes + first * pass->count[3] * plan->code_bytes,
                                                                         (last - first) * pass->count[3]);
                }
#pragma omp parallel for num_threads(team) schedule(static, 1) if (team > 1)
                for (int t = 0; t < team; t++) {
                    const unsigned state = ieee();
                    const ptrdiff_t first = rows * t / team, last = rows * (t + 1) / team;
                    plan->kernels.decode_rows(pass, out, first, last, steps, codes, &lists[t], patch);
                    restore(state);
                }
                if (team == 1) next += itemsize * (size_t)lists[0].count;
                for (int t = 0; t < team; t++) strange |= lists[t].strange;
                codes += points * plan->code_bytes;
            }
        }
    }
    memcpy(out, values, itemsize);
    free(lists);
    return 0;
}

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

PyDoc_STRVAR(encode_doc, "encode(field, kept, codes, values, shape, itemsize, code_bytes, tolerance, noise, threads)\n--\n\n"
                         "Fill codes and values; return how many values there are, the first point's included, or -1\n"
                         "where they are more than `values` holds. `kept` is memory to work in, for kept_size values.");

static PyObject *encode(PyObject *Py_UNUSED(self), PyObject *arguments)
{
    Py_buffer field, kept, codes, values;
    PyObject *shape, *result = NULL;
    int itemsize, code_bytes, threads;
    double tolerance, noise;
    if (!PyArg_ParseTuple(arguments, "y*w*w*w*Oiiddi", &field, &kept, &codes, &values, &shape, &itemsize, &code_bytes,
                          &tolerance, &noise, &threads))
        return NULL;
    Plan plan;
    if (threads >= 1 && make_plan(&plan, shape, itemsize, code_bytes, tolerance, noise, 1) &&
        fits(&field, plan.size * itemsize, itemsize, "field") &&
        fits(&kept, kept_size(&plan) * itemsize, itemsize, "kept") &&
        fits(&codes, (plan.size - 1) * code_bytes, code_bytes, "codes") && fits(&values, itemsize, itemsize, "values")) {
        ptrdiff_t escaped = 0;
        int failed;
        memcpy(values.buf, field.buf, (size_t)itemsize);
        Py_BEGIN_ALLOW_THREADS
        failed = encode_all(&plan, field.buf, kept.buf, codes.buf, (char *)values.buf + itemsize,
                            values.len / itemsize - 1, &escaped, threads);
        Py_END_ALLOW_THREADS
        result = failed == -1 ? PyErr_NoMemory() : PyLong_FromSsize_t(failed ? -1 : escaped + 1);
    } else if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "at least one thread is needed");
    PyBuffer_Release(&field);
    PyBuffer_Release(&kept);
    PyBuffer_Release(&codes);
    PyBuffer_Release(&values);
    return result;
}

PyDoc_STRVAR(decode_doc, "decode(out, codes, values, shape, itemsize, code_bytes, tolerance, noise, threads)\n--\n\n"
                         "Undo encode. ValueError where there are not as many values as the codes ask for.");

static PyObject *decode(PyObject *Py_UNUSED(self), PyObject *arguments)
{
    Py_buffer out, codes, values;
    PyObject *shape, *result = NULL;
    int itemsize, code_bytes, threads;
    double tolerance, noise;
    if (!PyArg_ParseTuple(arguments, "w*y*y*Oiiddi", &out, &codes, &values, &shape, &itemsize, &code_bytes, &tolerance,
                          &noise, &threads))
        return NULL;
    Plan plan;
    if (threads >= 1 && make_plan(&plan, shape, itemsize, code_bytes, tolerance, noise, 0) &&
        fits(&out, plan.size * itemsize, itemsize, "out") &&
        fits(&codes, (plan.size - 1) * code_bytes, code_bytes, "codes") && fits(&values, itemsize, itemsize, "values")) {
        int failed = 0;
        ptrdiff_t asked;
        Py_BEGIN_ALLOW_THREADS
        asked = 1 + plan.kernels.escapes(codes.buf, plan.size - 1);
        if (asked * itemsize == values.len) failed = decode_all(&plan, out.buf, codes.buf, values.buf, threads);
        Py_END_ALLOW_THREADS
        if (asked * itemsize != values.len)
            PyErr_Format(PyExc_ValueError, "the codes ask for %zd values, there are %zd bytes of them", asked,
                         values.len);
        else
            result = failed ? PyErr_NoMemory() : Py_NewRef(Py_None);
    } else if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "at least one thread is needed");
    PyBuffer_Release(&out);
    PyBuffer_Release(&codes);
    PyBuffer_Release(&values);
    return result;
}

static PyMethodDef METHODS[] = {
    {"encode", encode, METH_VARARGS, encode_doc},
    {"decode", decode, METH_VARARGS, decode_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "_interp", "Kernels of the compressor `interp`.", 0, METHODS, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__interp(void) { return PyModuleDef_Init(&MODULE); }
