/* The passes of _interp.c for one type of numbers and one of codes. Included once for each pair, with REAL, MAGIC, MOST,
   CODE, LIMIT and NAME(x) set.

   A row is a number of points at equal distances whose predictions have the same four weights. All arithmetic is rounded
   to REAL after every operation (no fused ones, no reordering), so that both directions get the same bits. */

#define ESCAPE (-LIMIT - 1)

static ptrdiff_t NAME(escapes)(const void *codes, ptrdiff_t count)
{
    ptrdiff_t found = 0;
    for (ptrdiff_t i = 0; i < count; i++) found += ((const CODE *)codes)[i] == ESCAPE;
    return found;
}

#define GUESS(i, S)                                                                                                    \
    ((w1 * p1[(i) * (S)] + w2 * p2[(i) * (S)]) + (w0 * p0[(i) * (S)] + w3 * p3[(i) * (S)]))

/* Predict, quantise, reconstruct; return how many points escaped. */
CLONES static ptrdiff_t NAME(encode_row)(const REAL *x, ptrdiff_t x_step, REAL *kept, const REAL *const near[4],
                                         ptrdiff_t step, const double weights[4], ptrdiff_t count, REAL inverse,
                                         REAL width, REAL bound, CODE *codes)
{
    const REAL *p0 = near[0], *p1 = near[1], *p2 = near[2], *p3 = near[3];
    const REAL w0 = (REAL)weights[0], w1 = (REAL)weights[1], w2 = (REAL)weights[2], w3 = (REAL)weights[3];
    int escaped = 0;
#define POINT(i, X, S, KEEP)                                                                                           \
    {                                                                                                                  \
        const REAL value = x[(i) * (X)];                                                                               \
        const REAL guess = GUESS(i, S);                                                                                \
        const REAL scaled = (value - guess) * inverse;                                                                 \
        const REAL whole = (scaled + MAGIC) - MAGIC; /* to the nearest integer, where it is small */                   \
        const REAL back = guess + whole * width;                                                                       \
        const REAL error = back - value;                                                                               \
        const int fine = (scaled <= (REAL)LIMIT) & (scaled >= (REAL)-LIMIT) & (error <= bound) & (error >= -bound);         \
        codes[i] = (CODE)(int)(fine ? whole : (REAL)ESCAPE);                                                         \
        escaped += !fine;                                                                                              \
        if (KEEP) {                                                                                                    \
            /* What is no finite number would spread through the predictions. */                                       \
            const REAL own = (value <= MOST) & (value >= -MOST) ? value : (REAL)0;                                     \
            kept[(i) * (S)] = fine ? back : own;                                                                       \
        }                                                                                                              \
    }
#define ROW(X, S, KEEP)                                                                                                \
    _Pragma("GCC ivdep") for (ptrdiff_t i = 0; i < count; i++) POINT(i, X, S, KEEP)
    if (!kept) {
        if (x_step == 1 && step == 1) {
            ROW(1, 1, 0)
        } else {
            ROW(x_step, step, 0)
        }
    } else if (x_step == 1 && step == 1) {
        ROW(1, 1, 1)
    } else if (x_step == 2 && step == 2) {
        ROW(2, 2, 1)
    } else {
        ROW(x_step, step, 1)
    }
#undef ROW
#undef POINT
    return escaped;
}

/* Predict and add what was coded; return how many points escaped, which are left at their prediction. */
CLONES static ptrdiff_t NAME(decode_row)(REAL *out, const REAL *const near[4], ptrdiff_t step, const double weights[4],
                                         ptrdiff_t count, REAL width, const CODE *codes)
{
    const REAL *p0 = near[0], *p1 = near[1], *p2 = near[2], *p3 = near[3];
    const REAL w0 = (REAL)weights[0], w1 = (REAL)weights[1], w2 = (REAL)weights[2], w3 = (REAL)weights[3];
    int escaped = 0;
#define ROW(S)                                                                                                         \
    _Pragma("GCC ivdep") for (ptrdiff_t i = 0; i < count; i++)                                                         \
    {                                                                                                                  \
        const REAL guess = GUESS(i, S);                                                                                \
        out[(i) * (S)] = guess + (REAL)codes[i] * width;                                                               \
        escaped += codes[i] == ESCAPE;                                                                                 \
    }
    if (step == 1) {
        ROW(1)
    } else if (step == 2) {
        ROW(2)
    } else {
        ROW(step)
    }
#undef ROW
    return escaped;
}
#undef GUESS

/* Code some rows of a pass; escaped values go behind each other to `list`. Returns 0, or -1 where the list is full. */
static int NAME(encode_rows)(const Pass *pass, const void *field, void *reconstructed, ptrdiff_t first, ptrdiff_t last, Steps steps,
                             void *all, List *list)
{
    CODE *codes = all;
    const REAL *x = field;
    REAL *kept = reconstructed;
    const REAL inverse = (REAL)(1.0 / steps.width), width = (REAL)steps.width, bound = (REAL)steps.bound;
    for (ptrdiff_t row = first; row < last; row++) {
        Segment segments[MOST_SEGMENTS];
        const int many = cut(pass, row, segments);
        ptrdiff_t escaped = 0;
        CODE *begin = codes + row * pass->count[3];
        for (int k = 0; k < many; k++) {
            const Segment *one = &segments[k];
            const REAL *near[4];
            for (int j = 0; j < 4; j++) near[j] = kept + one->near[j];
            escaped += NAME(encode_row)(x + one->source, pass->source_step, pass->keeps ? kept + one->target : NULL, near,
                                        pass->step, one->weights, one->count, inverse, width, bound, begin + one->code);
        }
        for (ptrdiff_t i = 0; escaped; i++)
            if (begin[i] == ESCAPE) {
                if (list->count == list->room) return -1;
                ((REAL *)list->values)[list->count++] = x[segments[0].source + i * pass->source_step];
                escaped--;
            }
    }
    return 0;
}

/* Undo encode_rows. With `patch`, put the escaped values alone in their places, whatever they are. */
static void NAME(decode_rows)(const Pass *pass, void *field, ptrdiff_t first, ptrdiff_t last, Steps steps,
                              const void *all, List *list, int patch)
{
    const CODE *codes = all;
    REAL *out = field;
    const REAL width = (REAL)steps.width;
    for (ptrdiff_t row = first; row < last; row++) {
        Segment segments[MOST_SEGMENTS];
        const int many = cut(pass, row, segments);
        ptrdiff_t escaped = 0;
        const CODE *begin = codes + row * pass->count[3];
        if (patch)
            escaped = NAME(escapes)(begin, pass->count[3]);
        else
            for (int k = 0; k < many; k++) {
                const Segment *one = &segments[k];
                const REAL *near[4];
                for (int j = 0; j < 4; j++) near[j] = out + one->near[j];
                escaped += NAME(decode_row)(out + one->target, near, pass->step, one->weights, one->count, width,
                                            begin + one->code);
            }
        for (ptrdiff_t i = 0; escaped; i++)
            if (begin[i] == ESCAPE) {
                const REAL value = ((const REAL *)list->values)[list->count++];
                const int finite = (value <= MOST) & (value >= -MOST);
                out[segments[0].target + i * pass->step] = patch || finite ? value : (REAL)0;
                list->strange |= !finite;
                escaped--;
            }
    }
}
#undef ESCAPE
