/* The passes of _interp.c for one type of numbers and one of codes. Included once for each pair, with REAL, ABS, MAGIC,
   MOST, CODE, LIMIT and NAME(x) set.

   All arithmetic is rounded to REAL after every operation (no fused ones, no reordering), so that both directions get the
   same bits. Everything that is computed lies side by side in memory: what does not is brought there first. */

#define ESCAPE (-LIMIT - 1)
#define FAR                                                                                                            \
    const REAL w0 = (REAL)by->weights[0], w1 = (REAL)by->weights[1], w2 = (REAL)by->weights[2],                        \
               w3 = (REAL)by->weights[3];                                                                              \
    const REAL *p0 = near[0], *p1 = near[1], *p2 = near[2], *p3 = near[3], *p4 = near[4], *p5 = near[5],               \
               *p6 = near[6], *p7 = near[7];
#define FAR_GUESS(i)                                                                                                   \
    ((w0 * (p3[i] + p4[i]) + w1 * (p2[i] + p5[i])) + (w2 * (p1[i] + p6[i]) + w3 * (p0[i] + p7[i])))
#define EDGE_GUESS(i) ((w0 * p0[i] + w1 * p1[i]) + (w2 * p2[i] + w3 * p3[i]))

/* Predict, quantise, reconstruct to `back` (which may be NULL); return how many points escaped. */
#define CODE_POINTS(GUESS, KEEP)                                                                                       \
    _Pragma("GCC ivdep") for (ptrdiff_t i = 0; i < count; i++)                                                         \
    {                                                                                                                  \
        const REAL guess = GUESS(i);                                                                                   \
        const REAL scaled = (x[i] - guess) * inverse;                                                                  \
        const REAL whole = (scaled + MAGIC) - MAGIC; /* to the nearest integer, where it is small */                   \
        const REAL made = guess + whole * width;                                                                       \
        const int fine = (ABS(scaled) <= (REAL)LIMIT) & (ABS(made - x[i]) <= bound);                                   \
        codes[i] = (CODE)(int)(fine ? whole : (REAL)ESCAPE);                                                           \
        escaped += !fine;                                                                                              \
        if (KEEP) back[i] = made;                                                                                      \
    }

CLONES static ptrdiff_t NAME(code_points)(const REAL *x, REAL *back, const Stencil *by, const REAL *const near[TAPS],
                                          ptrdiff_t count, Steps steps, CODE *codes)
{
    FAR
    const REAL width = (REAL)steps.width, inverse = (REAL)(1.0 / steps.width), bound = (REAL)steps.bound;
    int escaped = 0;
    if (by->edge && back)
        CODE_POINTS(EDGE_GUESS, 1)
    else if (by->edge)
        CODE_POINTS(EDGE_GUESS, 0)
    else if (back)
        CODE_POINTS(FAR_GUESS, 1)
    else
        CODE_POINTS(FAR_GUESS, 0)
    return escaped;
}

/* Predict and add what was coded; return how many points escaped, which are left at their prediction. */
#define ADD_POINTS(GUESS)                                                                                              \
    _Pragma("GCC ivdep") for (ptrdiff_t i = 0; i < count; i++)                                                         \
    {                                                                                                                  \
        out[i] = GUESS(i) + (REAL)codes[i] * width;                                                                    \
        escaped += codes[i] == ESCAPE;                                                                                 \
    }

CLONES static ptrdiff_t NAME(add_points)(REAL *out, const Stencil *by, const REAL *const near[TAPS], ptrdiff_t count,
                                         REAL width, const CODE *codes)
{
    FAR
    int escaped = 0;
    if (by->edge)
        ADD_POINTS(EDGE_GUESS)
    else
        ADD_POINTS(FAR_GUESS)
    return escaped;
}

CLONES static ptrdiff_t NAME(escapes)(const void *all, ptrdiff_t count)
{
    const CODE *codes = all;
    ptrdiff_t found = 0;
    for (; count > 0; codes += PIECE, count -= PIECE) { /* in pieces, so that a narrow counter is enough */
        int some = 0;
        for (int i = 0; i < (count < PIECE ? (int)count : PIECE); i++) some += codes[i] == ESCAPE;
        found += some;
    }
    return found;
}

/* Every `step`-th value. */
CLONES static void NAME(gather)(const REAL *restrict from, ptrdiff_t step, ptrdiff_t count, REAL *restrict to)
{
    if (step == 2)
        for (ptrdiff_t i = 0; i < count; i++) to[i] = from[2 * i];
    else
        for (ptrdiff_t i = 0; i < count; i++) to[i] = from[step * i];
}

/* `even` has as many values as `odd`, or one more. */
CLONES static void NAME(interleave)(const REAL *restrict even, const REAL *restrict odd, ptrdiff_t count, REAL *restrict to)
{
    for (ptrdiff_t i = 0; i < count / 2; i++) {
        to[2 * i] = even[i];
        to[2 * i + 1] = odd[i];
    }
    if (count % 2) to[count - 1] = even[count / 2];
}

/* Put a row between values beyond its ends, so that one formula is right for all its targets: a parabola through the
   three values at an end; a straight line where there are two, or where the last target lies beyond all of them. */
static void NAME(pad)(const REAL *row, ptrdiff_t count, ptrdiff_t length, REAL *room, const REAL *near[TAPS])
{
    REAL *to = room + TAPS / 2 - 1;
    memcpy(to, row, sizeof(REAL) * (size_t)count);
    const REAL falls = count > 1 ? row[0] - row[1] : 0, rises = count > 1 ? row[count - 1] - row[count - 2] : 0;
    for (ptrdiff_t i = 1; i < TAPS / 2; i++)
        to[-i] = count > 2 ? 3 * (to[1 - i] - to[2 - i]) + to[3 - i] : to[1 - i] + falls;
    for (ptrdiff_t i = count; i < count + TAPS / 2; i++)
        to[i] = count > 2 && length % 2 ? 3 * (to[i - 1] - to[i - 2]) + to[i - 3] : to[i - 1] + rises;
    for (int k = 0; k < TAPS; k++) near[k] = room + k;
}

/* Remember the values that escaped, in the order of their codes. In their places `back` gets themselves, or 0 for what is
   no finite number and would spread through the predictions. */
static void NAME(remember)(List *list, const CODE *codes, const REAL *x, REAL *back, ptrdiff_t escaped)
{
    const int room = list && reserve(list, escaped, sizeof(REAL));
    for (ptrdiff_t i = 0; escaped; i++)
        if (codes[i] == ESCAPE) {
            if (room) ((REAL *)list->values)[list->count++] = x[i];
            if (back) back[i] = ABS(x[i]) <= MOST ? x[i] : (REAL)0;
            escaped--;
        }
}

/* Put the values that escaped into their places; what is no finite number counts as 0 until the end. */
static void NAME(recall)(List *list, const CODE *codes, REAL *out, ptrdiff_t escaped)
{
    for (ptrdiff_t i = 0; escaped; i++)
        if (codes[i] == ESCAPE) {
            const REAL value = ((const REAL *)list->values)[list->count++];
            const int finite = ABS(value) <= MOST;
            out[i] = finite ? value : (REAL)0;
            list->strange |= !finite;
            escaped--;
        }
}

/* Code rows that lie behind each other in `back` and `near`. In the field their values are `step` apart, and their
   beginnings `row_step`: what is not side by side there is brought to `room`. */
static void NAME(code_rows)(const Level *level, const REAL *x, ptrdiff_t step, ptrdiff_t row_step, ptrdiff_t rows,
                            REAL *back, const Stencil *by, const REAL *const near[TAPS], CODE *codes, List *list,
                            REAL *room)
{
    const ptrdiff_t length = level->length[3], count = rows * length;
    if (step != 1 || (rows > 1 && row_step != length)) {
        for (ptrdiff_t row = 0; row < rows; row++) NAME(gather)(x + row * row_step, step, length, room + row * length);
        x = room;
    }
    const ptrdiff_t escaped = NAME(code_points)(x, back, by, near, count, level->steps, codes);
    if (escaped) NAME(remember)(list, codes, x, back, escaped);
}

/* Code the targets of a row along the last axis, which lie between the points of `coarse`, and make the whole row. */
static void NAME(code_row)(const Level *level, const REAL *x, const REAL *coarse, REAL *row, CODE *codes, List *list,
                           REAL *room)
{
    const ptrdiff_t length = level->length[3], many = level->coarse[3], count = length - many;
    const REAL *near[TAPS];
    NAME(pad)(coarse, many, length, room, near);
    REAL *values = room + many + TAPS, *made = values + count;
    NAME(gather)(x + level->stride, 2 * level->stride, count, values);
    const ptrdiff_t escaped = NAME(code_points)(values, made, &INSIDE, near, count, level->steps, codes);
    if (escaped) NAME(remember)(list, codes, values, made, escaped);
    NAME(interleave)(coarse, made, length, row);
}

/* Code an even plane from the coarse one: along the last axis, then the one before it, then the one before that. */
static void NAME(code_plane)(const Level *level, const void *field, ptrdiff_t index, const void *coarse_plane, void *made,
                             void *const parts[3], List *const lists[3], void *scratch)
{
    const ptrdiff_t *m = level->length, *c = level->coarse, *far = level->far, s = level->stride;
    const ptrdiff_t f1 = m[1] - c[1], f2 = m[2] - c[2], f3 = m[3] - c[3], slice = m[2] * m[3];
    const REAL *x = (const REAL *)field + 2 * index * s * far[0], *coarse = coarse_plane, *near[TAPS];
    REAL *plane = made, *room = scratch;
    CODE *codes = parts[0];
    ptrdiff_t places[TAPS];
    for (ptrdiff_t i = 0; i < c[1]; i++)
        for (ptrdiff_t j = 0; j < c[2]; j++, codes += f3, coarse += c[3])
            NAME(code_row)(level, x + 2 * s * (i * far[1] + j * far[2]), coarse, plane + 2 * (i * slice + j * m[3]), codes,
                           lists[0], room);
    codes = parts[1];
    for (ptrdiff_t i = 0; i < c[1]; i++)
        for (ptrdiff_t j = 0; j < f2; j++, codes += m[3]) {
            const Stencil *by = choose(2 * j + 1, m[2], places);
            for (int k = 0; k < TAPS; k++) near[k] = plane + 2 * i * slice + places[k] * m[3];
            NAME(code_rows)(level, x + s * (2 * i * far[1] + (2 * j + 1) * far[2]), s, 0, 1,
                            plane + 2 * i * slice + (2 * j + 1) * m[3], by, near, codes, lists[1], room);
        }
    codes = parts[2];
    for (ptrdiff_t i = 0; i < f1; i++, codes += slice) {
        const Stencil *by = choose(2 * i + 1, m[1], places);
        for (int k = 0; k < TAPS; k++) near[k] = plane + places[k] * slice;
        NAME(code_rows)(level, x + s * (2 * i + 1) * far[1], s, s * far[2], m[2], plane + (2 * i + 1) * slice, by,
                        near, codes, lists[2], room);
    }
}

/* Code an odd plane from the even ones beside it; where nothing is predicted from it, `made` is NULL. */
static void NAME(code_between)(const Level *level, const void *field, ptrdiff_t index, void *const planes[TAPS],
                               const Stencil *by, void *made, void *all, List *list, void *scratch)
{
    const ptrdiff_t *m = level->length, *far = level->far, s = level->stride, slice = m[2] * m[3];
    const REAL *x = (const REAL *)field + (2 * index + 1) * s * far[0], *near[TAPS];
    for (ptrdiff_t i = 0; i < m[1]; i++) {
        for (int k = 0; k < TAPS; k++) near[k] = (const REAL *)planes[k] + i * slice;
        NAME(code_rows)(level, x + i * s * far[1], s, s * far[2], m[2], made ? (REAL *)made + i * slice : NULL, by,
                        near, (CODE *)all + i * slice, list, scratch);
    }
}

static void NAME(add_rows)(const Level *level, REAL *out, const Stencil *by, const REAL *const near[TAPS], ptrdiff_t count,
                           const CODE *codes, List *list)
{
    const ptrdiff_t escaped = NAME(add_points)(out, by, near, count, (REAL)level->steps.width, codes);
    if (escaped) NAME(recall)(list, codes, out, escaped);
}

/* Undo code_plane. */
static void NAME(add_plane)(const Level *level, const void *coarse_plane, void *made, const void *const parts[3],
                            List *const lists[3], void *scratch)
{
    const ptrdiff_t *m = level->length, *c = level->coarse;
    const ptrdiff_t f1 = m[1] - c[1], f2 = m[2] - c[2], f3 = m[3] - c[3], slice = m[2] * m[3];
    const REAL *coarse = coarse_plane, *near[TAPS];
    REAL *plane = made, *room = scratch, *odd = room + c[3] + TAPS;
    const CODE *codes = parts[0];
    ptrdiff_t places[TAPS];
    for (ptrdiff_t i = 0; i < c[1]; i++)
        for (ptrdiff_t j = 0; j < c[2]; j++, codes += f3, coarse += c[3]) {
            NAME(pad)(coarse, c[3], m[3], room, near);
            NAME(add_rows)(level, odd, &INSIDE, near, f3, codes, lists[0]);
            NAME(interleave)(coarse, odd, m[3], plane + 2 * (i * slice + j * m[3]));
        }
    codes = parts[1];
    for (ptrdiff_t i = 0; i < c[1]; i++)
        for (ptrdiff_t j = 0; j < f2; j++, codes += m[3]) {
            const Stencil *by = choose(2 * j + 1, m[2], places);
            for (int k = 0; k < TAPS; k++) near[k] = plane + 2 * i * slice + places[k] * m[3];
            NAME(add_rows)(level, plane + 2 * i * slice + (2 * j + 1) * m[3], by, near, m[3], codes, lists[1]);
        }
    codes = parts[2];
    for (ptrdiff_t i = 0; i < f1; i++, codes += slice) {
        const Stencil *by = choose(2 * i + 1, m[1], places);
        for (int k = 0; k < TAPS; k++) near[k] = plane + places[k] * slice;
        NAME(add_rows)(level, plane + (2 * i + 1) * slice, by, near, slice, codes, lists[2]);
    }
}

/* Undo code_between. */
static void NAME(add_between)(const Level *level, void *const planes[TAPS], const Stencil *by, void *made,
                              const void *all, List *list)
{
    const REAL *near[TAPS];
    for (int k = 0; k < TAPS; k++) near[k] = planes[k];
    NAME(add_rows)(level, made, by, near, level->length[1] * level->length[2] * level->length[3], all, list);
}

/* Put the escaped values alone into their places, whatever they are: those of `count` points that lie `step` apart. */
static void NAME(patch)(void *out, ptrdiff_t step, ptrdiff_t count, const void *all, List *list)
{
    const CODE *codes = all;
    for (ptrdiff_t i = 0; i < count; i++)
        if (codes[i] == ESCAPE) ((REAL *)out)[i * step] = ((const REAL *)list->values)[list->count++];
}
#undef ESCAPE
#undef FAR
#undef FAR_GUESS
#undef EDGE_GUESS
#undef CODE_POINTS
#undef ADD_POINTS
