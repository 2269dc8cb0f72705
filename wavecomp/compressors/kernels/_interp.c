/* Prediction by interpolation from coarse to fine grids, quantised inside the loop: the arithmetic of `interp`.

   A field of up to four axes has its points on grids of the strides 2^L, …, 4, 2, 1. From each grid the points of the
   next finer one are predicted axis by axis, the last axis first, from what both directions have reconstructed by then;
   the difference is coded as a multiple of the step, in one byte or two. What does not fit escapes: the code is the least of
   all, and the value itself is kept. Within a pass no point depends on another one.

   A grid is kept as an array of its own, so that neighbours lie side by side, and is gone through by planes of its first
   axis: the even planes follow from the coarser grid, each odd one from the eight even ones around it. From the odd planes
   of the finest grid nothing is predicted. So the encoder needs eight planes of it at a time, and one copy of the next
   coarser grid. */

#define PY_SSIZE_T_CLEAN
#include "_buffers.h"
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

enum { AXES = 4, PASSES = 4, TAPS = 8, RING = 8, PIECE = 1 << 14 };

typedef struct {
    double width, bound; /* of a quantum at this grid; the greatest error of any point */
} Steps;

typedef struct {
    ptrdiff_t length[AXES], coarse[AXES]; /* points of this grid and of the next coarser one along each axis */
    ptrdiff_t far[AXES], stride;          /* distances of neighbours in the field, and of this grid's points in them */
    ptrdiff_t points[PASSES];             /* that each pass codes: along the last axis, …, along the first */
    Steps steps;
} Level;

typedef struct {
    void *values;
    ptrdiff_t count, room, most;
    int strange; /* a value is no finite number */
    int failed;  /* -1: no memory; -2: more than `most` */
} List;

/* Make room for some more values; returns 0 where that cannot be. */
static int reserve(List *list, ptrdiff_t more, size_t itemsize)
{
    if (list->failed) return 0;
    if (more > list->most - list->count) {
        list->failed = -2;
        return 0;
    }
    if (list->count + more > list->room) {
        const ptrdiff_t room = 2 * list->room > list->count + more ? 2 * list->room : list->count + more + 64;
        void *moved = realloc(list->values, itemsize * (size_t)room);
        if (!moved) {
            list->failed = -1;
            return 0;
        }
        list->values = moved;
        list->room = room;
    }
    return 1;
}

/* How a point between others is predicted: from four on each side, by the weights of those at 1, 3, 5 and 7; or, at an edge,
   from four in a row, each with its own. */
typedef struct {
    int edge;
    double weights[4];
} Stencil;

static const Stencil INSIDE = {0, {1225 / 2048., -245 / 2048., 49 / 2048., -5 / 2048.}},
                     NARROW = {0, {150 / 256., -25 / 256., 3 / 256., 0}}, CUBIC = {0, {9 / 16., -1 / 16., 0, 0}},
                     NO_LEFT = {1, {0, 3 / 8., 6 / 8., -1 / 8.}}, NO_RIGHT = {1, {-1 / 8., 6 / 8., 3 / 8., 0}},
                     LINEAR = {1, {0, 1 / 2., 1 / 2., 0}}, BEYOND = {1, {-1 / 2., 3 / 2., 0, 0}},
                     NEAREST = {1, {0, 1, 0, 0}};

/* Choose a stencil by which neighbours are there (that at -1 always is), and say where they are, from left to right: those
   that are not there stand at -1, with the weight 0. */
static const Stencil *choose(ptrdiff_t at, ptrdiff_t length, ptrdiff_t places[TAPS])
{
    const ptrdiff_t reach = at < length - 1 - at ? at : length - 1 - at;
    const int left = at >= 3, right = at + 1 < length, far = at + 3 < length, inside = reach >= 3;
    for (int k = 0; k < TAPS; k++) {
        /* -7, …, 7; at an edge -3, …, 3 and nothing more */
        const ptrdiff_t place = at + 2 * k - (inside ? TAPS - 1 : 3);
        places[k] = place >= 0 && place < length && (inside || k < 4) ? place : at - 1;
    }
    if (inside) return reach >= 7 ? &INSIDE : reach >= 5 ? &NARROW : &CUBIC;
    if (!right) return left ? &BEYOND : &NEAREST;
    return left ? &NO_RIGHT : far ? &NO_LEFT : &LINEAR;
}

#define REAL float
#define ABS __builtin_fabsf
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
#undef ABS
#undef MAGIC
#undef MOST
#define REAL double
#define ABS __builtin_fabs
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
    void (*code_plane)(const Level *, const void *, ptrdiff_t, const void *, void *, void *const[3], List *const[3], void *);
    void (*code_between)(const Level *, const void *, ptrdiff_t, void *const[TAPS], const Stencil *, void *, void *,
                         List *, void *);
    void (*add_plane)(const Level *, const void *, void *, const void *const[3], List *const[3], void *);
    void (*add_between)(const Level *, void *const[TAPS], const Stencil *, void *, const void *, List *);
    ptrdiff_t (*escapes)(const void *, ptrdiff_t);
    void (*patch)(void *, ptrdiff_t, ptrdiff_t, const void *, List *);
} Kernels;

#define KERNELS_OF(x) {code_plane_##x, code_between_##x, add_plane_##x, add_between_##x, escapes_##x, patch_##x}
static const Kernels KERNELS[2][2] = {{KERNELS_OF(float_narrow), KERNELS_OF(float_wide)},
                                      {KERNELS_OF(double_narrow), KERNELS_OF(double_wide)}};

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

typedef struct {
    ptrdiff_t length[AXES], size;
    int axes, levels, is_double, code_bytes; /* axes longer than a point */
    double tolerance, noise;
    Kernels kernels;
} Plan;

/* Read shape and numbers into a plan. Returns 0 with a Python error set. */
static int make_plan(Plan *plan, PyObject *shape, int itemsize, int code_bytes, double tolerance, double noise)
{
    const Py_ssize_t axes = PyTuple_Check(shape) ? PyTuple_GET_SIZE(shape) : 0;
    if (axes < 1 || axes > AXES || (itemsize != 4 && itemsize != 8) || (code_bytes != 1 && code_bytes != 2)) {
        PyErr_SetString(PyExc_ValueError, "expected a shape of 1 to 4 axes, numbers of 4 or 8 bytes, codes of 1 or 2");
        return 0;
    }
    ptrdiff_t most = 1;
    plan->size = 1;
    plan->axes = 0;
    /* Of several axes the first one is that of the planes, the others stand last. */
    for (int axis = 0; axis < AXES; axis++) plan->length[axis] = 1;
    for (int given = 0; given < axes; given++) {
        const int axis = axes > 1 && given == 0 ? 0 : AXES - (int)axes + given;
        const ptrdiff_t length = PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, given));
        if (length < 1 || length > PTRDIFF_MAX / 16 / plan->size) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "an axis has no length, or the field no size");
            return 0;
        }
        plan->length[axis] = length;
        plan->size *= length;
        plan->axes += length > 1;
        if (length > most) most = length;
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

static Level level_of(const Plan *plan, int number)
{
    Level level = {.stride = (ptrdiff_t)1 << number};
    ptrdiff_t far = 1;
    for (int axis = AXES - 1; axis >= 0; axis--) {
        level.length[axis] = ((plan->length[axis] - 1) >> number) + 1;
        level.coarse[axis] = (level.length[axis] + 1) / 2;
        level.far[axis] = far;
        far *= plan->length[axis];
    }
    for (int pass = 0; pass < PASSES; pass++) {
        const int along = AXES - 1 - pass;
        level.points[pass] = level.length[along] - level.coarse[along];
        for (int axis = 0; axis < AXES; axis++)
            if (axis != along) level.points[pass] *= axis < along ? level.coarse[axis] : level.length[axis];
    }
    /* Quanta of coarser grids are finer: their errors spread, in space more than in a plane. */
    const double ratio = plan->axes > 2 ? 1.5 : 1.2, finest = plan->axes > 2 ? 3.0 : 2.0;
    double finer = 1.0;
    for (int k = 0; k < number && finer < finest; k++) finer *= ratio;
    if (finer > finest) finer = finest;
    const double aim = plan->tolerance / finer - plan->noise;
    level.steps = (Steps){2.0 * (aim > 0.25 * plan->tolerance ? aim : 0.25 * plan->tolerance), plan->tolerance};
    return level;
}

static ptrdiff_t plane_of(const Level *level) { return level->length[1] * level->length[2] * level->length[3]; }
static ptrdiff_t coarse_plane_of(const Level *level) { return level->coarse[1] * level->coarse[2] * level->coarse[3]; }
static ptrdiff_t odd_planes(const Level *level) { return level->length[0] - level->coarse[0]; }
static ptrdiff_t total(const Level *level)
{
    return level->points[0] + level->points[1] + level->points[2] + level->points[3];
}

/* Numbers that a pass over one plane brings side by side, and a row along the last axis between its values beyond. */
static ptrdiff_t room_of(const Level *level) { return (level->length[2] + 2) * level->length[3] + 2 * TAPS; }

/* Where each pass of an even plane has its codes. */
static void parts_of(const Level *level, char *codes, int code_bytes, ptrdiff_t plane, char *parts[3])
{
    for (int pass = 0; pass < 3; pass++) {
        parts[pass] = codes + level->points[pass] / level->coarse[0] * plane * code_bytes;
        codes += level->points[pass] * code_bytes;
    }
}

static char *codes_between(const Level *level, char *codes, int code_bytes, ptrdiff_t plane)
{
    return codes + (level->points[0] + level->points[1] + level->points[2] + plane_of(level) * plane) * code_bytes;
}

enum { LEAST_PARALLEL = 1 << 15 };

static int team_of(const Level *level, int threads)
{
    if (total(level) < LEAST_PARALLEL) return 1;
    return level->coarse[0] < threads ? (int)level->coarse[0] : threads;
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

static ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

static size_t rounded(size_t bytes) { return (bytes + 63) / 64 * 64; }

static size_t grid_bytes(const Plan *plan, const Level *level)
{
    return rounded((plan->is_double ? 8 : 4) * (size_t)(plane_of(level) * level->length[0]));
}

/* What one thread needs to itself on the finest grid, where it needs most: for what is brought together, for codes that
   another thread writes too, and for the even planes. */
static size_t share_bytes(const Plan *plan, const Level *level)
{
    const size_t itemsize = plan->is_double ? 8 : 4, plane = itemsize * (size_t)plane_of(level);
    return rounded(itemsize * (size_t)room_of(level)) + rounded(plane) + plane * (size_t)least(RING, level->coarse[0]);
}

/* Of the grid that is coarser than that of a number; the coarsest one is a point. */
static size_t coarse_bytes(const Plan *plan, int number)
{
    const Level level = level_of(plan, number + 1);
    return grid_bytes(plan, &level);
}

/* Memory to work in: the coarser grids, and a share for each thread. */
static size_t work_bytes(const Plan *plan, int threads)
{
    const Level finest = level_of(plan, 0);
    size_t bytes = 64 + (size_t)team_of(&finest, threads) * rounded(share_bytes(plan, &finest));
    for (int number = 1; number <= plan->levels; number++) {
        const Level level = level_of(plan, number);
        bytes += grid_bytes(plan, &level);
    }
    return bytes;
}

/* What one thread has to itself while it codes. */
typedef struct {
    List lists[PASSES];
    char *room, *aside, *ring;
} Share;

static void open_shares(Share *shares, int team, const Plan *plan, char *memory, ptrdiff_t most)
{
    const Level finest = level_of(plan, 0);
    const size_t itemsize = plan->is_double ? 8 : 4;
    memset(shares, 0, sizeof(Share) * (size_t)team);
    for (int t = 0; t < team; t++) {
        for (int pass = 0; pass < PASSES; pass++) shares[t].lists[pass].most = most;
        shares[t].room = memory;
        shares[t].aside = shares[t].room + rounded(itemsize * (size_t)room_of(&finest));
        shares[t].ring = shares[t].aside + rounded(itemsize * (size_t)plane_of(&finest));
        memory += rounded(share_bytes(plan, &finest));
    }
}

/* Code the even plane of a number into `made`. A plane that another thread codes too is made alone. */
static void code_even(const Plan *plan, const Level *level, const void *field, const char *coarse, ptrdiff_t number,
                      char *made, char *codes, int own, Share *share)
{
    const size_t itemsize = plan->is_double ? 8 : 4;
    char *parts[3];
    List *lists[3] = {&share->lists[0], &share->lists[1], &share->lists[2]};
    parts_of(level, codes, plan->code_bytes, number, parts);
    if (!own)
        for (int pass = 0; pass < 3; pass++) {
            parts[pass] = share->aside;
            lists[pass] = NULL;
        }
    plan->kernels.code_plane(level, field, number, coarse + itemsize * (size_t)(coarse_plane_of(level) * number), made,
                             (void *const *)parts, lists, share->room);
}

/* Code the finest grid's planes from `first` to `last`, keeping eight of the even ones at a time. */
static void code_finest(const Plan *plan, const Level *level, const void *field, const char *coarse, char *codes,
                        ptrdiff_t first, ptrdiff_t last, Share *share)
{
    const size_t plane = (plan->is_double ? 8 : 4) * (size_t)plane_of(level);
    const ptrdiff_t evens = level->coarse[0];
    ptrdiff_t next = first > 3 ? first - 3 : 0;
    for (ptrdiff_t index = first; index < last; index++) {
        for (; next <= least(index + 4, evens - 1); next++)
            code_even(plan, level, field, coarse, next, share->ring + plane * (size_t)(next % RING), codes,
                      next >= first && next < last, share);
        if (index >= odd_planes(level)) continue;
        ptrdiff_t places[TAPS];
        void *planes[TAPS];
        const Stencil *by = choose(2 * index + 1, level->length[0], places);
        for (int k = 0; k < TAPS; k++) planes[k] = share->ring + plane * (size_t)(places[k] / 2 % RING);
        plan->kernels.code_between(level, field, index, planes, by, NULL,
                                   codes_between(level, codes, plan->code_bytes, index), &share->lists[3], share->room);
    }
}

/* Code a coarser grid's planes from `first` to `last` into the grid's own array: first the even ones, then the others. */
static void code_coarser(const Plan *plan, const Level *level, const void *field, const char *coarse, char *grid,
                         char *codes, ptrdiff_t first, ptrdiff_t last, int odd, Share *share)
{
    const size_t plane = (plan->is_double ? 8 : 4) * (size_t)plane_of(level);
    for (ptrdiff_t index = first; index < last; index++) {
        if (!odd)
            code_even(plan, level, field, coarse, index, grid + plane * (size_t)(2 * index), codes, 1, share);
        else if (index < odd_planes(level)) {
            ptrdiff_t places[TAPS];
            void *planes[TAPS];
            const Stencil *by = choose(2 * index + 1, level->length[0], places);
            for (int k = 0; k < TAPS; k++) planes[k] = grid + plane * (size_t)places[k];
            plan->kernels.code_between(level, field, index, planes, by, grid + plane * (size_t)(2 * index + 1),
                                       codes_between(level, codes, plan->code_bytes, index), &share->lists[3],
                                       share->room);
        }
    }
}

/* Put the values that escaped behind each other, in the order of their codes; returns 0, or what failed. */
static int collect(Share *shares, int team, size_t itemsize, char *values, ptrdiff_t room, ptrdiff_t *escaped)
{
    int failed = 0;
    for (int pass = 0; pass < PASSES; pass++)
        for (int t = 0; t < team; t++) {
            List *list = &shares[t].lists[pass];
            if (!failed) failed = list->failed;
            if (!failed && list->count > room - *escaped) failed = -2;
            if (!failed && list->count) {
                memcpy(values + itemsize * (size_t)*escaped, list->values, itemsize * (size_t)list->count);
                *escaped += list->count;
            }
            free(list->values);
        }
    return failed;
}

/* Code all grids; returns 0, -1 for want of memory, -2 where more escaped than `room`. */
static int encode_all(const Plan *plan, const void *field, char *codes, void *values, ptrdiff_t room, ptrdiff_t *escaped,
                      char *work, int threads)
{
    const size_t itemsize = plan->is_double ? 8 : 4;
    const Level finest = level_of(plan, 0);
    Share *shares = malloc(sizeof(Share) * (size_t)threads);
    char *coarse = work + (size_t)team_of(&finest, threads) * rounded(share_bytes(plan, &finest)), *grid = NULL;
    int failed = shares ? 0 : -1;
    *escaped = 0;
    settle_first(plan, coarse, field);
    for (int number = plan->levels - 1; number >= 0 && !failed; number--) {
        const Level level = level_of(plan, number);
        const int team = team_of(&level, threads);
        grid = coarse + coarse_bytes(plan, number);
        open_shares(shares, team, plan, work, room - *escaped);
        for (int phase = 0; phase < (number ? 2 : 1); phase++) {
#pragma omp parallel for num_threads(team) schedule(static, 1) if (team > 1)
            for (int t = 0; t < team; t++) {
                const unsigned state = ieee();
                const ptrdiff_t first = level.coarse[0] * t / team, last = level.coarse[0] * (t + 1) / team;
                if (number)
                    code_coarser(plan, &level, field, coarse, grid, codes, first, last, phase, &shares[t]);
                else
                    code_finest(plan, &level, field, coarse, codes, first, last, &shares[t]);
                restore(state);
            }
        }
        failed = collect(shares, team, itemsize, values, room, escaped);
        codes += total(&level) * plan->code_bytes;
        coarse = grid;
    }
    free(shares);
    return failed;
}

/* Where the values that escaped begin, of each pass and plane: an array of 3 · even + odd planes. */
static ptrdiff_t *beginnings(const Plan *plan, const Level *level, const char *codes, ptrdiff_t *next, int team)
{
    const ptrdiff_t evens = level->coarse[0], odds = odd_planes(level), all = 3 * evens + odds;
    ptrdiff_t *begin = malloc(sizeof(ptrdiff_t) * (size_t)all);
    if (!begin) return NULL;
#pragma omp parallel for num_threads(team) schedule(static) if (team > 1)
    for (ptrdiff_t k = 0; k < all; k++) {
        const ptrdiff_t pass = k < 3 * evens ? k / evens : 3, plane = k - pass * evens;
        ptrdiff_t before = plane * (level->points[pass] / (pass < 3 ? evens : odds));
        for (ptrdiff_t earlier = 0; earlier < pass; earlier++) before += level->points[earlier];
        begin[k] = plan->kernels.escapes(codes + before * plan->code_bytes, level->points[pass] / (pass < 3 ? evens : odds));
    }
    for (ptrdiff_t k = 0; k < all; k++) { /* from how many there are to where they begin */
        const ptrdiff_t many = begin[k];
        begin[k] = *next;
        *next += many;
    }
    return begin;
}

typedef struct {
    const Plan *plan;
    const Level *level;
    const char *coarse, *values;
    char *grid, *codes;
    const ptrdiff_t *begin;
} Adding;

static void add_even(Adding *all, ptrdiff_t number, void *room, int *strange)
{
    const size_t itemsize = all->plan->is_double ? 8 : 4;
    const Level *level = all->level;
    char *parts[3];
    List own[3], *lists[3];
    parts_of(level, all->codes, all->plan->code_bytes, number, parts);
    for (int pass = 0; pass < 3; pass++) {
        const ptrdiff_t begin = all->begin[pass * level->coarse[0] + number];
        own[pass] = (List){.values = (void *)(all->values + itemsize * (size_t)begin)};
        lists[pass] = &own[pass];
    }
    all->plan->kernels.add_plane(level, all->coarse + itemsize * (size_t)(coarse_plane_of(level) * number),
                                 all->grid + itemsize * (size_t)(plane_of(level) * 2 * number),
                                 (const void *const *)parts, lists, room);
    *strange |= own[0].strange | own[1].strange | own[2].strange;
}

static void add_odd(Adding *all, ptrdiff_t number, int *strange)
{
    const size_t itemsize = all->plan->is_double ? 8 : 4, plane = itemsize * (size_t)plane_of(all->level);
    const ptrdiff_t begin = all->begin[3 * all->level->coarse[0] + number];
    List list = {.values = (void *)(all->values + itemsize * (size_t)begin)};
    ptrdiff_t places[TAPS];
    void *planes[TAPS];
    const Stencil *by = choose(2 * number + 1, all->level->length[0], places);
    for (int k = 0; k < TAPS; k++) planes[k] = all->grid + plane * (size_t)places[k];
    all->plan->kernels.add_between(all->level, planes, by, all->grid + plane * (size_t)(2 * number + 1),
                                   codes_between(all->level, all->codes, all->plan->code_bytes, number), &list);
    *strange |= list.strange;
}

/* Whether the even planes around an odd one are all among those from `first` to `last`. */
static int within(const Level *level, ptrdiff_t odd, ptrdiff_t first, ptrdiff_t last)
{
    return (odd > 3 ? odd - 3 : 0) >= first && least(odd + 4, level->coarse[0] - 1) < last;
}

/* Make the planes from `first` to `last`: the even ones and, while they are fresh, those between them; or what is left. */
static void add_planes(Adding *all, ptrdiff_t first, ptrdiff_t last, int left, void *room, int *strange)
{
    const Level *level = all->level;
    ptrdiff_t odd = first;
    for (ptrdiff_t even = first; even < last && !left; even++) {
        add_even(all, even, room, strange);
        for (; odd < least(last, odd_planes(level)) && least(odd + 4, level->coarse[0] - 1) <= even; odd++)
            if (within(level, odd, first, last)) add_odd(all, odd, strange);
    }
    for (odd = first; odd < least(last, odd_planes(level)) && left; odd++)
        if (!within(level, odd, first, last)) add_odd(all, odd, strange);
}

/* Put what escaped into its places, in an array that is whole otherwise. */
static void patch_all(const Plan *plan, char *out, char *codes, const char *values)
{
    const size_t itemsize = plan->is_double ? 8 : 4;
    List list = {.values = (void *)values};
    for (int number = plan->levels - 1; number >= 0; number--) {
        const Level level = level_of(plan, number);
        for (int pass = 0; pass < PASSES; pass++) {
            const int along = AXES - 1 - pass;
            ptrdiff_t count[AXES], start[AXES], every[AXES];
            for (int axis = 0; axis < AXES; axis++) {
                count[axis] = axis == along ? level.length[axis] - level.coarse[axis]
                                            : (axis < along ? level.coarse : level.length)[axis];
                start[axis] = axis == along ? level.stride * level.far[axis] : 0;
                every[axis] = (axis > along ? 1 : 2) * level.stride * level.far[axis];
            }
            for (ptrdiff_t i = 0; i < count[0]; i++)
                for (ptrdiff_t j = 0; j < count[1]; j++)
                    for (ptrdiff_t k = 0; k < count[2]; k++) {
                        const ptrdiff_t at = start[0] + i * every[0] + start[1] + j * every[1] + start[2] + k * every[2];
                        plan->kernels.patch(out + itemsize * (size_t)(at + start[3]), every[3], count[3], codes, &list);
                        codes += count[3] * plan->code_bytes;
                    }
        }
    }
}

/* Undo encode_all: `codes` has one for each point but the first. Returns how many of the `count` values were used, the first
   point's included, -1 for want of memory, -3 where the codes ask for more. */
static ptrdiff_t decode_all(const Plan *plan, char *out, char *codes, const char *values, ptrdiff_t count, char *work,
                            int threads)
{
    const size_t itemsize = plan->is_double ? 8 : 4;
    const Level finest = level_of(plan, 0);
    const size_t share = rounded(share_bytes(plan, &finest));
    char *coarse = work + (size_t)team_of(&finest, threads) * share, *first_codes = codes;
    ptrdiff_t next = 1;
    int failed = 0, strange = 0;
    settle_first(plan, coarse, values);
    for (int number = plan->levels - 1; number >= 0 && !failed; number--) {
        const Level level = level_of(plan, number);
        const int team = team_of(&level, threads);
        char *grid = coarse + coarse_bytes(plan, number);
        if (!number) grid = out;
        ptrdiff_t *begin = beginnings(plan, &level, codes, &next, team);
        if (!begin)
            failed = -1;
        else if (next > count)
            failed = -3;
        Adding all = {plan, &level, coarse, values, grid, codes, begin};
        for (int left = 0; left < (team > 1 ? 2 : 1) && !failed; left++) {
#pragma omp parallel for num_threads(team) schedule(static, 1) if (team > 1) reduction(| : strange)
            for (int t = 0; t < team; t++) {
                const unsigned state = ieee();
                add_planes(&all, level.coarse[0] * t / team, level.coarse[0] * (t + 1) / team, left,
                           work + share * (size_t)t, &strange);
                restore(state);
            }
        }
        free(begin);
        coarse = grid;
        codes += total(&level) * plan->code_bytes;
    }
    if (failed) return failed;
    if (strange) patch_all(plan, out, first_codes, values + itemsize);
    memcpy(out, values, itemsize);
    return next;
}

PyDoc_STRVAR(work_doc, "work(shape, itemsize, threads)\n--\n\nReturn how many bytes `work` needs.");

static PyObject *work(PyObject *Py_UNUSED(self), PyObject *arguments)
{
    PyObject *shape;
    int itemsize, threads;
    Plan plan;
    if (!PyArg_ParseTuple(arguments, "Oii", &shape, &itemsize, &threads)) return NULL;
    if (threads < 1) return PyErr_Format(PyExc_ValueError, "at least one thread is needed");
    return make_plan(&plan, shape, itemsize, 2, 1.0, 0.0) ? PyLong_FromSize_t(work_bytes(&plan, threads)) : NULL;
}

PyDoc_STRVAR(encode_doc, "encode(field, codes, values, work, shape, itemsize, code_bytes, tolerance, noise, threads)\n--\n\n"
                         "Fill codes and values; return how many values there are, the first point's included, or -1\n"
                         "where they are more than `values` holds.");

static PyObject *encode(PyObject *Py_UNUSED(self), PyObject *arguments)
{
    Py_buffer field, codes, values, work;
    PyObject *shape, *result = NULL;
    int itemsize, code_bytes, threads;
    double tolerance, noise;
    if (!PyArg_ParseTuple(arguments, "y*w*w*w*Oiiddi", &field, &codes, &values, &work, &shape, &itemsize, &code_bytes,
                          &tolerance, &noise, &threads))
        return NULL;
    Plan plan;
    if (threads >= 1 && make_plan(&plan, shape, itemsize, code_bytes, tolerance, noise) &&
        fits(&field, plan.size * itemsize, itemsize, "field") &&
        fits(&codes, (plan.size - 1) * code_bytes, code_bytes, "codes") && fits(&values, itemsize, itemsize, "values") &&
        fits(&work, (ptrdiff_t)work_bytes(&plan, threads), itemsize, "work")) {
        ptrdiff_t escaped = 0;
        int failed;
        memcpy(values.buf, field.buf, (size_t)itemsize);
        Py_BEGIN_ALLOW_THREADS
        failed = encode_all(&plan, field.buf, codes.buf, (char *)values.buf + itemsize,
                            values.len / itemsize - 1, &escaped, work.buf, threads);
        Py_END_ALLOW_THREADS
        result = failed == -1 ? PyErr_NoMemory() : PyLong_FromSsize_t(failed ? -1 : escaped + 1);
    } else if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "at least one thread is needed");
    PyBuffer_Release(&field);
    PyBuffer_Release(&codes);
    PyBuffer_Release(&values);
    PyBuffer_Release(&work);
    return result;
}

PyDoc_STRVAR(decode_doc, "decode(out, codes, values, work, shape, itemsize, code_bytes, tolerance, noise, threads)\n--\n\n"
                         "Undo encode; return how many values were used. ValueError where there are too few.");

static PyObject *decode(PyObject *Py_UNUSED(self), PyObject *arguments)
{
    Py_buffer out, codes, values, work;
    PyObject *shape, *result = NULL;
    int itemsize, code_bytes, threads;
    double tolerance, noise;
    if (!PyArg_ParseTuple(arguments, "w*y*y*w*Oiiddi", &out, &codes, &values, &work, &shape, &itemsize, &code_bytes, &tolerance,
                          &noise, &threads))
        return NULL;
    Plan plan;
    if (threads >= 1 && make_plan(&plan, shape, itemsize, code_bytes, tolerance, noise) &&
        fits(&out, plan.size * itemsize, itemsize, "out") &&
        fits(&codes, (plan.size - 1) * code_bytes, code_bytes, "codes") && fits(&values, itemsize, itemsize, "values") &&
        fits(&work, (ptrdiff_t)work_bytes(&plan, threads), itemsize, "work")) {
        ptrdiff_t used;
        Py_BEGIN_ALLOW_THREADS
        used = decode_all(&plan, out.buf, codes.buf, values.buf, values.len / itemsize, work.buf, threads);
        Py_END_ALLOW_THREADS
        if (used == -3)
            PyErr_Format(PyExc_ValueError, "the codes ask for more than the %zd values that are there",
                         values.len / itemsize);
        else
            result = used < 0 ? PyErr_NoMemory() : PyLong_FromSsize_t(used);
    } else if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "at least one thread is needed");
    PyBuffer_Release(&out);
    PyBuffer_Release(&codes);
    PyBuffer_Release(&values);
    PyBuffer_Release(&work);
    return result;
}

static PyMethodDef METHODS[] = {
    {"work", work, METH_VARARGS, work_doc},
    {"encode", encode, METH_VARARGS, encode_doc},
    {"decode", decode, METH_VARARGS, decode_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "_interp", "Kernels of the compressor `interp`.", 0, METHODS, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__interp(void) { return PyModuleDef_Init(&MODULE); }
