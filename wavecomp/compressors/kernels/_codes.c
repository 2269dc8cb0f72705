/* Entropy coding of small integers whose size changes from place to place: what `interp` leaves of a wavefield.

   Codes of 16 bits are cut into blocks of 32. A block's class is how many bits the sum of its magnitudes has; a block of
   zeros is its class alone. The blocks of a class share one Huffman code, made from their own frequencies. In classes of
   few ones four codes together are a symbol, where each of them is -1, 0 or 1. In the others each code is one, or the
   beginning of one that low bits follow; of large codes as many low bits as no code can save are cut off before. Of the 32
   codes of a block four streams of bits get eight each, so that four are read at once. */

#define PY_SSIZE_T_CLEAN
#include "_buffers.h"
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the streams are little-endian, and so must the machine be"
#endif
#if defined(__x86_64__) && defined(__gnu_linux__) && __GNUC__ >= 12 && !defined(__clang__)
#define CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

enum {
    BLOCK = 32,
    STREAMS = 4,
    EACH = BLOCK / STREAMS, /* codes of a block in a stream */
    CLASSES = 22,           /* the sum of 32 magnitudes up to 2^15 has up to 21 bits */
    LONGEST = 11,           /* bits of a symbol */
    QUAD_CLASSES = 6,       /* those below take four codes at a time */
    WHOLE_CLASSES = 10,     /* in those from here on low bits are cut off */
    MOST = 1 << (WHOLE_CLASSES - 1), /* the greatest magnitude of what is left */
    PLAIN = 8,    /* magnitudes below are symbols of their own */
    SYMBOLS = 44, /* and there are two for each power of two above, and sign; the last one is */
    ESCAPED = 43, /* that of the escape, which stands for MOST here */
    ESCAPE = -32768,
    OTHER = 81,   /* the symbol of four codes that are not all -1, 0 or 1 */
    QUADS = 82,
    LEAST_BLOCKS = 64, /* of a class; it joins the next one otherwise */
    TABLES = CLASSES + 1,
    LOOSE = CLASSES,   /* the table of codes in small blocks that come one at a time */
    ALWAYS_COUNTED = 64, /* blocks of a class in a chunk; of the others every fourth is */
    SPARE = 64         /* bytes behind the streams that may be read */
};

typedef struct {
    int symbol, raw;
} Name;

/* The symbol of a number, and how many low bits follow. */
static inline Name name_of(int number)
{
    const unsigned size = (unsigned)(number < 0 ? -number : number);
    const int high = 31 - __builtin_clz(size | (PLAIN - 1)), plain = size < PLAIN;
    const int bucket = 2 * PLAIN - 1 + 2 * (2 * (high - 3) + (int)(size >> (high - 1) & 1)) + (number < 0);
    if (number == MOST) return (Name){ESCAPED, 0};
    return (Name){plain ? number + PLAIN - 1 : bucket, plain ? 0 : high - 1};
}

/* The same for every number that is left of a code, looked up. */
static Name NAMES[2 * MOST + 1];

static void fill_names(void)
{
    for (int number = -MOST; number <= MOST; number++) NAMES[number + MOST] = name_of(number);
}

/* The least number of a symbol, and how many low bits follow. */
static void meaning_of(int symbol, int *base, int *raw)
{
    *base = symbol - (PLAIN - 1);
    *raw = 0;
    if (symbol == ESCAPED) *base = MOST;
    if (symbol < 2 * PLAIN - 1 || symbol == ESCAPED) return;
    const int place = (symbol - (2 * PLAIN - 1)) / 2, high = 3 + place / 2;
    *raw = high - 1;
    *base = (2 + place % 2) << (high - 1);
    if ((symbol - (2 * PLAIN - 1)) % 2) *base = -*base - (1 << *raw) + 1;
}

/* What is left of a code whose low bits are cut off. */
static inline int cut(int code, int shift) { return code == ESCAPE ? MOST : code >> shift; }

/* How many low bits are cut off in a class. */
static inline int shift_of(int class) { return class < WHOLE_CLASSES ? 0 : class - (WHOLE_CLASSES - 1); }

static inline int is_quad_class(int class) { return class < QUAD_CLASSES; }

static int alphabet_of(int table) { return is_quad_class(table) ? QUADS : SYMBOLS; }

/* Lengths of a Huffman code for the counts; none is longer than LONGEST. Symbols that do not occur get 0. */
static void lengths_of(const uint32_t *given, int symbols, uint8_t *lengths)
{
    uint64_t weight[2 * QUADS];
    int symbol[QUADS], parent[2 * QUADS], depth[2 * QUADS], many = 0;
    memset(lengths, 0, (size_t)symbols);
    for (int s = 0; s < symbols; s++) {
        if (!given[s]) continue;
        int at = many++; /* in order of their counts */
        for (; at > 0 && weight[at - 1] > given[s]; at--) {
            weight[at] = weight[at - 1];
            symbol[at] = symbol[at - 1];
        }
        weight[at] = given[s];
        symbol[at] = s;
    }
    if (many == 1) lengths[symbol[0]] = 1;
    if (many < 2) return;
    for (;;) {
        int leaf = 0, node = many; /* the two least are the first of the leaves, or of the nodes made so far */
        for (int made = many; made < 2 * many - 1; made++) {
            weight[made] = 0;
            for (int child = 0; child < 2; child++) {
                const int least = leaf < many && (node == made || weight[leaf] <= weight[node]) ? leaf++ : node++;
                weight[made] += weight[least];
                parent[least] = made;
            }
        }
        depth[2 * many - 2] = 0;
        for (int at = 2 * many - 3; at >= 0; at--) depth[at] = depth[parent[at]] + 1;
        if (depth[0] <= LONGEST) break;
        for (int at = 0; at < many; at++) weight[at] = weight[at] / 2 + 1; /* flatter, until it fits */
    }
    for (int at = 0; at < many; at++) lengths[symbol[at]] = (uint8_t)depth[at];
}

/* The bits of each symbol, first bit lowest; returns 0 where the lengths are those of no complete code. */
static int bits_of(const uint8_t *lengths, int symbols, uint16_t *bits)
{
    unsigned count[LONGEST + 1] = {0}, next[LONGEST + 1], code = 0;
    for (int s = 0; s < symbols; s++) {
        if (lengths[s] > LONGEST) return 0;
        count[lengths[s]]++;
    }
    for (int length = 1; length <= LONGEST; length++) {
        next[length] = code <<= 1;
        code += count[length];
        if (code > 1u << length) return 0;
    }
    const int used = symbols - (int)count[0];
    if (used > 1 ? code != 1u << LONGEST : used == 1 && count[1] != 1) return 0;
    for (int s = 0; s < symbols; s++) {
        unsigned turned = 0, own = lengths[s] ? next[lengths[s]]++ : 0;
        for (int k = 0; k < lengths[s]; k++, own >>= 1) turned = turned << 1 | (own & 1);
        bits[s] = (uint16_t)turned;
    }
    return 1;
}

/* ---- encoding ---- */

typedef struct {
    uint32_t counts[TABLES][QUADS];
    uint32_t numbers[CLASSES][2 * MOST + 1]; /* until they are told by symbol */
    uint32_t blocks[CLASSES], left_out[CLASSES];
} Counts;

typedef struct {
    uint16_t bits[QUADS];
    uint8_t lengths[QUADS];
} Code;

static inline int quad_of(const int16_t *codes)
{
    const unsigned a = (unsigned)(codes[0] + 1), b = (unsigned)(codes[1] + 1), c = (unsigned)(codes[2] + 1),
                   d = (unsigned)(codes[3] + 1);
    return (a <= 2) & (b <= 2) & (c <= 2) & (d <= 2) ? (int)(a + 3 * b + 9 * c + 27 * d) : OTHER;
}

/* Say how many bits the sums of magnitudes have. Escapes count as nothing, but only what is cut can hold them. */
CLONES static void sum_blocks(const int16_t *codes, ptrdiff_t blocks, uint8_t *classes)
{
    for (ptrdiff_t k = 0; k < blocks; k++, codes += BLOCK) {
        int sum = 0, escapes = 0;
        for (int i = 0; i < BLOCK; i++) { /* as products, which machines add in pairs */
            const int16_t sign = codes[i] < 0 ? -1 : 1;
            sum += (int)codes[i] * (int)sign;
        }
        for (int i = 0; i < BLOCK && sum >= -ESCAPE; i++) escapes += codes[i] == ESCAPE;
        sum += escapes * ESCAPE;
        const int class = sum ? 32 - __builtin_clz((unsigned)sum) : 0;
        classes[k] = (uint8_t)(escapes && class < WHOLE_CLASSES ? WHOLE_CLASSES : class);
    }
}

/* Count a chunk's symbols, those of most blocks by every fourth one. */
static void count_blocks(const int16_t *codes, ptrdiff_t blocks, const uint8_t *classes, Counts *to)
{
    uint32_t seen[CLASSES] = {0};
    for (ptrdiff_t k = 0; k < blocks; k++, codes += BLOCK) {
        const int class = classes[k];
        if (class == 0) continue;
        if (seen[class]++ >= ALWAYS_COUNTED && seen[class] % 4) continue;
        if (is_quad_class(class)) {
            uint32_t *counts = to->counts[class];
            for (int i = 0; i < BLOCK; i += 4) {
                const int quad = quad_of(codes + i);
                counts[quad]++;
                if (quad == OTHER)
                    for (int j = 0; j < 4; j++) to->counts[LOOSE][NAMES[codes[i + j] + MOST].symbol]++;
            }
        } else {
            uint32_t *numbers = to->numbers[class] + MOST;
            const int shift = shift_of(class);
            if (shift)
                for (int i = 0; i < BLOCK; i++) numbers[cut(codes[i], shift)]++;
            else
                for (int i = 0; i < BLOCK; i++) numbers[codes[i]]++;
        }
    }
    for (int class = 1; class < CLASSES; class++) {
        to->blocks[class] += seen[class];
        if (seen[class] > ALWAYS_COUNTED) to->left_out[class] = 1;
    }
}

/* Let classes of few blocks join the next one of their kind, and say which class each one becomes. */
static void join_classes(Counts *counts, uint8_t *becomes)
{
    becomes[0] = 0;
    for (int class = 1; class < CLASSES; class++) becomes[class] = (uint8_t)class;
    for (int class = 1; class + 1 < CLASSES; class++) {
        if (!counts->blocks[class] || counts->blocks[class] >= LEAST_BLOCKS) continue;
        int next = class + 1;
        while (next < CLASSES && !counts->blocks[next]) next++;
        if (next == CLASSES || is_quad_class(next) != is_quad_class(class)) continue;
        for (int s = 0; s < QUADS; s++) counts->counts[next][s] += counts->counts[class][s];
        const int shift = shift_of(next) - shift_of(class);
        for (int number = -MOST; number <= MOST; number++)
            counts->numbers[next][(number == MOST ? MOST : number >> shift) + MOST] += counts->numbers[class][number + MOST];
        counts->blocks[next] += counts->blocks[class];
        counts->left_out[next] |= counts->left_out[class];
        counts->blocks[class] = 0;
        for (int other = 1; other <= class; other++)
            if (becomes[other] == class) becomes[other] = (uint8_t)next;
    }
}

static void add_counts(Counts *to, const Counts *from)
{
    for (size_t i = 0; i < sizeof(Counts) / sizeof(uint32_t); i++) ((uint32_t *)to)[i] += ((const uint32_t *)from)[i];
}

static int most_of(int class) { return class < WHOLE_CLASSES ? (1 << class) - 1 : MOST; }

/* Tell numbers by symbol, and count each symbol once that may be in what was left out. */
static void finish_counts(Counts *all)
{
    int loose = 0;
    for (int class = 1; class < CLASSES; class++) {
        if (!all->blocks[class]) continue;
        if (is_quad_class(class)) {
            if (!all->left_out[class]) continue;
            for (int quad = 0; quad < QUADS; quad++) all->counts[class][quad]++;
            loose = class;
            continue;
        }
        for (int number = -most_of(class); number <= most_of(class); number++)
            all->counts[class][NAMES[number + MOST].symbol] += all->numbers[class][number + MOST];
        for (int symbol = 0; symbol < SYMBOLS && all->left_out[class]; symbol++) {
            int base, raw;
            meaning_of(symbol, &base, &raw);
            if (symbol == ESCAPED ? shift_of(class) > 0 : base <= most_of(class) && base + (1 << raw) - 1 >= -most_of(class)) all->counts[class][symbol]++;
        }
    }
    for (int number = 1 - (1 << loose); number < 1 << loose && loose; number++) {
        const Name name = NAMES[number + MOST];
        if (!all->counts[LOOSE][name.symbol]) all->counts[LOOSE][name.symbol] = 1;
    }
}

typedef struct {
    uint8_t *at;
    uint64_t bits;
    unsigned count;
} Writer;

static inline void put(Writer *writer, uint32_t bits, unsigned count)
{
    writer->bits |= (uint64_t)bits << writer->count;
    writer->count += count;
}

/* At most 7 bits stay: 57 more fit. */
static inline void flush(Writer *writer)
{
    memcpy(writer->at, &writer->bits, 8);
    writer->at += writer->count >> 3;
    writer->bits >>= writer->count & ~7u;
    writer->count &= 7;
}

/* The bits of a number, at most 19, and how many they are in the 8 above. */
static inline uint32_t word_of(int number, const Code *by)
{
    const Name name = NAMES[number + MOST];
    const uint32_t size = (uint32_t)(number < 0 ? -number : number), mask = (1u << name.raw) - 1;
    /* Of a negative number the low bits count from the greatest magnitude of its symbol. */
    const uint32_t low = (number < 0 ? ~size : size) & mask, length = by->lengths[name.symbol];
    return by->bits[name.symbol] | low << length | (length + (uint32_t)name.raw) << 24;
}

typedef struct {
    uint32_t words[CLASSES][2 * MOST + 1];
} Words;

static void fill_words(const Counts *counts, const Code *code, Words *words)
{
    for (int class = QUAD_CLASSES; class < CLASSES; class++)
        for (int number = -most_of(class); counts->blocks[class] && number <= most_of(class); number++)
            words->words[class][number + MOST] = word_of(number, &code[class]);
}

static inline void put_word(Writer *writer, uint32_t word) { put(writer, word & 0xffffff, word >> 24); }

static inline void put_quads(Writer *writer, const int16_t *from, const Code *by, const Code *loose)
{
    for (int i = 0; i < EACH; i += 4) {
        const int quad = quad_of(from + i);
        put(writer, by->bits[quad], by->lengths[quad]);
        flush(writer);
        if (quad == OTHER)
            for (int n = 0; n < 4; n++) {
                put_word(writer, word_of(from[i + n], loose));
                flush(writer);
            }
    }
}

/* Words of at most 18 bits: three at a time. */
static inline void put_whole(Writer *writer, const int16_t *from, const uint32_t *words)
{
#pragma GCC unroll 8
    for (int i = 0; i < EACH; i++) {
        put_word(writer, words[from[i]]);
        if (i % 3 == 2) flush(writer);
    }
    flush(writer);
}

/* The words first, then what was cut off; escapes have nothing there. */
static inline void put_cut(Writer *writer, const int16_t *from, const uint32_t *words, int shift)
{
    for (int i = 0; i < EACH; i += 2) {
        put_word(writer, words[cut(from[i], shift)]);
        put_word(writer, words[cut(from[i + 1], shift)]);
        flush(writer);
    }
    for (int i = 0; i < EACH; i += 4) {
        for (int n = i; n < i + 4; n++)
            put(writer, (uint32_t)from[n] & ((1u << shift) - 1), from[n] == ESCAPE ? 0 : (unsigned)shift);
        flush(writer);
    }
}

/* Write blocks into four streams of `room` bytes each that begin at `to`; `sizes` says how long they became. */
CLONES static void write_blocks(const int16_t *codes, ptrdiff_t blocks, const uint8_t *classes, const Code *code,
                                const Words *words, uint8_t *to, size_t room, uint32_t *sizes)
{
    Writer writers[STREAMS];
    for (int j = 0; j < STREAMS; j++) writers[j] = (Writer){to + room * (size_t)j, 0, 0};
    for (ptrdiff_t k = 0; k < blocks; k++, codes += BLOCK) {
        const int class = classes[k];
        if (!class) continue;
        const uint32_t *own = words->words[class] + MOST;
        for (int j = 0; j < STREAMS; j++) {
            Writer writer = writers[j];
            if (is_quad_class(class))
                put_quads(&writer, codes + j * EACH, &code[class], &code[LOOSE]);
            else if (class < WHOLE_CLASSES)
                put_whole(&writer, codes + j * EACH, own);
            else
                put_cut(&writer, codes + j * EACH, own, shift_of(class));
            writers[j] = writer;
        }
    }
    for (int j = 0; j < STREAMS; j++) {
        flush(&writers[j]);
        sizes[j] = (uint32_t)(writers[j].at - (to + room * (size_t)j) + (writers[j].count > 0));
    }
}

/* ---- decoding ---- */

/* Of a symbol: its least number in the upper half, then its length, then that with the low bits behind it. */
typedef struct {
    uint32_t entries[1 << LONGEST];
    int there;
} Table;

/* Returns 0 where the lengths are those of no code, or where a symbol is longer than `most` bits. */
static int fill_table(Table *table, const uint8_t *lengths, int symbols, int most)
{
    uint16_t bits[QUADS];
    table->there = 0;
    if (!bits_of(lengths, symbols, bits)) return 0;
    for (int s = 0; s < symbols; s++) {
        if (!lengths[s]) continue;
        int base = s, raw = 0;
        if (symbols == SYMBOLS) meaning_of(s, &base, &raw);
        if (lengths[s] + raw > most) return 0;
        const uint32_t entry = (uint32_t)base << 16 | (uint32_t)lengths[s] << 8 | ((uint32_t)lengths[s] + (uint32_t)raw);
        for (unsigned at = bits[s]; at < 1u << LONGEST; at += 1u << lengths[s]) table->entries[at] = entry;
        if (lengths[s] == 1 && !table->there) /* perhaps the only one */
            for (unsigned at = 0; at < 1u << LONGEST; at++)
                if ((at & 1u) != bits[s]) table->entries[at] = entry;
        table->there = 1;
    }
    return 1;
}

/* From here 57 bits can be taken. */
static inline uint64_t window(const uint8_t *from, uint64_t at)
{
    uint64_t bits;
    memcpy(&bits, from + (at >> 3), 8);
    return bits >> (at & 7);
}

/* Take a symbol with its low bits from a window. */
static inline int take(const Table *table, uint64_t *bits, uint64_t *at)
{
    const uint32_t entry = table->entries[*bits & ((1u << LONGEST) - 1)];
    const unsigned used = entry & 63;
    const uint32_t low = ((uint32_t)*bits & ((1u << used) - 1)) >> (entry >> 8 & 15);
    *bits >>= used;
    *at += used;
    return ((int32_t)entry >> 16) + (int)low;
}

typedef struct {
    int16_t codes[4];
} Four;

/* The functions here return where the stream, whose place is counted in bits, goes on. */
static inline uint64_t take_quads(const uint8_t *from, uint64_t at, const Table *table, const Table *loose,
                                  const Four *fours, int16_t *to)
{
    for (int i = 0; i < EACH; i += 4) {
        uint64_t bits = window(from, at);
        const int quad = take(table, &bits, &at);
        if (quad != OTHER)
            memcpy(to + i, &fours[quad], sizeof(Four));
        else
            for (int n = 0; n < 4; n++) {
                bits = window(from, at);
                to[i + n] = (int16_t)take(loose, &bits, &at);
            }
    }
    return at;
}

static inline uint64_t add_low_bits(const uint8_t *from, uint64_t at, int shift, int16_t *codes)
{
    uint64_t bits = 0;
    for (int i = 0; i < EACH; i++) {
        if (i % 4 == 0) bits = window(from, at);
        const int escaped = codes[i] == MOST, code = codes[i] * (1 << shift) + (int)(bits & ((1u << shift) - 1));
        const unsigned used = escaped ? 0 : (unsigned)shift;
        codes[i] = (int16_t)(escaped ? ESCAPE : code);
        bits >>= used;
        at += used;
    }
    return at;
}

/* Symbols of at most 19 bits: three from a window. All four streams at once, since each has to wait for its tables. */
static inline void take_all(const uint8_t *from, uint64_t at[STREAMS], const Table *table, int16_t *codes)
{
    uint64_t a = at[0], b = at[1], c = at[2], d = at[3];
    for (int begin = 0; begin < EACH; begin += 3) {
        uint64_t p = window(from, a), q = window(from, b), r = window(from, c), s = window(from, d);
        for (int i = begin; i < begin + 3 && i < EACH; i++) {
            codes[i] = (int16_t)take(table, &p, &a);
            codes[EACH + i] = (int16_t)take(table, &q, &b);
            codes[2 * EACH + i] = (int16_t)take(table, &r, &c);
            codes[3 * EACH + i] = (int16_t)take(table, &s, &d);
        }
    }
    at[0] = a, at[1] = b, at[2] = c, at[3] = d;
}

/* Read blocks from four streams that begin and end at `ends`, in bytes; returns 0 where they are damaged. */
CLONES static int read_blocks(const uint8_t *from, const uint64_t ends[STREAMS + 1], const uint8_t *classes,
                              ptrdiff_t blocks, const Table *tables, const Four *fours, int16_t *codes)
{
    uint64_t at[STREAMS];
    for (int j = 0; j < STREAMS; j++) at[j] = 8 * ends[j];
    for (ptrdiff_t k = 0; k < blocks; k++, codes += BLOCK) {
        const int class = classes[k];
        if (!class) {
            memset(codes, 0, BLOCK * sizeof(int16_t));
            continue;
        }
        const Table *table = &tables[class];
        if (class >= CLASSES || !table->there) return 0;
        if (is_quad_class(class))
            for (int j = 0; j < STREAMS; j++)
                at[j] = take_quads(from, at[j], table, &tables[LOOSE], fours, codes + j * EACH);
        else {
            take_all(from, at, table, codes);
            for (int j = 0; j < STREAMS && class >= WHOLE_CLASSES; j++)
                at[j] = add_low_bits(from, at[j], shift_of(class), codes + j * EACH);
        }
        /* A block has at most 248 bits in a stream: what was read beyond an end so far is within SPARE. */
        for (int j = 0; j < STREAMS; j++)
            if (at[j] > 8 * ends[j + 1]) return 0;
    }
    int whole = 1;
    for (int j = 0; j < STREAMS; j++) whole &= 8 * ends[j + 1] - at[j] < 8;
    return whole;
}

/* ---- whole arrays ---- */

enum { CHUNK_BLOCKS = 4096, HEAD_MOST = 4 + TABLES * (QUADS + 1) / 2 };

static ptrdiff_t chunks_of(ptrdiff_t blocks) { return blocks < CHUNK_BLOCKS / 2 ? 1 : 4 * ((blocks - 1) / (4 * CHUNK_BLOCKS) + 1); }

static size_t room_of(ptrdiff_t blocks) { return (size_t)blocks * 32 + 16; }

static ptrdiff_t write_lengths(const uint8_t *lengths, int symbols, uint8_t *to)
{
    for (int s = 0; s < symbols; s += 2)
        *to++ = (uint8_t)(lengths[s] | (s + 1 < symbols ? lengths[s + 1] << 4 : 0));
    return (symbols + 1) / 2;
}

/* Make the codes of all classes, and write their lengths; returns how many bytes these take. */
static ptrdiff_t make_codes(const Counts *counts, Code *code, uint8_t *head)
{
    uint32_t there = 0;
    uint8_t *to = head + 4;
    for (int table = 1; table < TABLES; table++) {
        const int symbols = alphabet_of(table);
        uint64_t many = 0;
        for (int s = 0; s < symbols; s++) many += counts->counts[table][s];
        if (!many) continue;
        there |= 1u << table;
        lengths_of(counts->counts[table], symbols, code[table].lengths);
        bits_of(code[table].lengths, symbols, code[table].bits);
        to += write_lengths(code[table].lengths, symbols, to);
    }
    memcpy(head, &there, 4);
    return to - head;
}

/* The streams of a chunk behind each other. */
typedef struct {
    uint8_t *bytes;
    size_t size;
} Part;

/* Write the streams of a chunk to `room` and then, close together, to memory of their own; returns 0 for want of that. */
static int write_chunk(const int16_t *codes, ptrdiff_t blocks, const uint8_t *classes, const Code *code, const Words *words,
                       uint8_t *room, uint8_t *sizes, Part *part)
{
    uint32_t own[STREAMS];
    write_blocks(codes, blocks, classes, code, words, room, room_of(blocks), own);
    memcpy(sizes, own, sizeof own);
    for (int j = 0; j < STREAMS; j++) part->size += own[j];
    part->bytes = malloc(part->size + 1);
    uint8_t *to = part->bytes;
    for (int j = 0; j < STREAMS && to; to += own[j++]) memcpy(to, room + room_of(blocks) * (size_t)j, own[j]);
    return part->bytes != NULL;
}

/* Code whole blocks. Fills the classes, the head and the streams of each chunk; returns how long the
   head became, or -1 for want of memory. */
static ptrdiff_t encode_all(const int16_t *codes, ptrdiff_t blocks, uint8_t *classes, uint8_t *head, Part *parts, int team)
{
    const ptrdiff_t chunks = chunks_of(blocks);
    Counts *counts = calloc((size_t)team, sizeof(Counts));
    Code *code = calloc(TABLES, sizeof(Code));
    Words *words = malloc(sizeof(Words));
    uint8_t becomes[CLASSES];
    ptrdiff_t head_size = -1;
    if (counts && code && words) {
#pragma omp parallel for num_threads(team) schedule(static, 1) if (team > 1)
        for (int t = 0; t < team; t++)
            for (ptrdiff_t chunk = t; chunk < chunks; chunk += team) {
                const ptrdiff_t first = blocks * chunk / chunks, last = blocks * (chunk + 1) / chunks;
                sum_blocks(codes + first * BLOCK, last - first, classes + first);
                count_blocks(codes + first * BLOCK, last - first, classes + first, &counts[t]);
            }
        for (int t = 1; t < team; t++) add_counts(counts, &counts[t]);
        join_classes(counts, becomes);
        finish_counts(counts);
        for (ptrdiff_t k = 0; k < blocks; k++) classes[k] = becomes[classes[k]];
        head_size = make_codes(counts, code, head);
        fill_words(counts, code, words);
        int failed = 0;
#pragma omp parallel num_threads(team) if (team > 1) reduction(| : failed)
        {
            uint8_t *room = malloc(STREAMS * room_of((blocks - 1) / chunks + 1));
            failed = !room;
            /* Some chunks take much longer than others. */
#pragma omp for schedule(dynamic, 1)
            for (ptrdiff_t chunk = 0; chunk < chunks; chunk++) {
                const ptrdiff_t first = blocks * chunk / chunks, last = blocks * (chunk + 1) / chunks;
                if (room)
                    failed |= !write_chunk(codes + first * BLOCK, last - first, classes + first, code, words, room,
                                           head + head_size + chunk * STREAMS * 4, &parts[chunk]);
            }
            free(room);
        }
        head_size = failed ? -1 : head_size + chunks * STREAMS * 4;
    }
    free(counts);
    free(words);
    free(code);
    return head_size;
}

/* Read the tables of a head; returns how many bytes they take, or -1 where they are damaged. */
static ptrdiff_t read_tables(const uint8_t *head, ptrdiff_t size, Table *tables)
{
    uint32_t there;
    ptrdiff_t at = 4;
    if (size < at) return -1;
    memcpy(&there, head, 4);
    if (there >> TABLES || there & 1) return -1;
    for (int table = 1; table < TABLES; table++) {
        if (!(there >> table & 1)) continue;
        uint8_t lengths[QUADS + 1];
        const int symbols = alphabet_of(table);
        if (size - at < (symbols + 1) / 2) return -1;
        for (int s = 0; s < symbols; s += 2, at++) {
            lengths[s] = head[at] & 15;
            lengths[s + 1] = head[at] >> 4;
        }
        if (!fill_table(&tables[table], lengths, symbols, table < WHOLE_CLASSES ? 18 : 19)) return -1;
    }
    return at;
}

/* Undo encode_all. Returns 0, -1 for want of memory, -2 where the bytes are damaged. */
static int decode_all(int16_t *codes, ptrdiff_t blocks, const uint8_t *classes, const uint8_t *head, ptrdiff_t head_size,
                      const uint8_t *streams, ptrdiff_t size, int threads)
{
    const ptrdiff_t chunks = chunks_of(blocks);
    const int team = chunks < threads ? (int)chunks : threads;
    Table *tables = calloc(TABLES, sizeof(Table));
    uint8_t *padded = malloc((size_t)size + SPARE);
    uint64_t *ends = malloc(sizeof(uint64_t) * (size_t)(chunks * STREAMS + 1));
    Four fours[QUADS];
    int failed = tables && padded && ends ? 0 : -1;
    if (!failed) {
        const ptrdiff_t at = read_tables(head, head_size, tables);
        if (at < 0 || head_size - at != chunks * STREAMS * 4) failed = -2;
        ends[0] = 0;
        for (ptrdiff_t k = 0; !failed && k < chunks * STREAMS; k++) {
            uint32_t own;
            memcpy(&own, head + at + 4 * k, 4);
            ends[k + 1] = ends[k] + own;
        }
        if (!failed && ends[chunks * STREAMS] != (uint64_t)size) failed = -2;
    }
    if (!failed) {
        memcpy(padded, streams, (size_t)size);
        memset(padded + size, 0, SPARE);
        for (int quad = 0; quad < QUADS; quad++)
            for (int n = 0, rest = quad; n < 4; n++, rest /= 3) fours[quad].codes[n] = (int16_t)(rest % 3 - 1);
#pragma omp parallel for num_threads(team) schedule(static, 1) if (team > 1)
        for (ptrdiff_t chunk = 0; chunk < chunks; chunk++) {
            const ptrdiff_t first = blocks * chunk / chunks, last = blocks * (chunk + 1) / chunks;
            if (!read_blocks(padded, ends + chunk * STREAMS, classes + first, last - first, tables, fours,
                             codes + first * BLOCK)) {
#pragma omp atomic write
                failed = -2;
            }
        }
    }
    free(tables);
    free(padded);
    free(ends);
    return failed;
}

/* How many blocks an array of codes has; -1 with a Python error where it is no whole number. */
static ptrdiff_t blocks_in(const Py_buffer *codes, int threads)
{
    if (threads < 1)
        PyErr_SetString(PyExc_ValueError, "at least one thread is needed");
    else if (codes->len == 0 || codes->len % (BLOCK * (Py_ssize_t)sizeof(int16_t)))
        PyErr_Format(PyExc_ValueError, "%zd bytes are no blocks of %d codes", codes->len, BLOCK);
    else
        return codes->len / (BLOCK * (Py_ssize_t)sizeof(int16_t));
    return -1;
}

PyDoc_STRVAR(head_most_doc, "head_most(blocks)\n--\n\nReturn the most bytes that the head of so many blocks can have.");

static PyObject *head_most(PyObject *Py_UNUSED(self), PyObject *arguments)
{
    Py_ssize_t blocks;
    if (!PyArg_ParseTuple(arguments, "n", &blocks)) return NULL;
    if (blocks < 1 || blocks > PTRDIFF_MAX / 1024) return PyErr_Format(PyExc_ValueError, "%zd blocks", blocks);
    return PyLong_FromSsize_t(HEAD_MOST + chunks_of(blocks) * STREAMS * 4);
}

PyDoc_STRVAR(encode_doc, "encode(codes, classes, head, threads)\n--\n\n"
                         "Fill a class for each block, and the head; return how long this became, and the streams.");

static PyObject *encode(PyObject *Py_UNUSED(self), PyObject *arguments)
{
    Py_buffer codes, classes, head;
    PyObject *result = NULL;
    int threads;
    if (!PyArg_ParseTuple(arguments, "y*w*w*i", &codes, &classes, &head, &threads)) return NULL;
    const ptrdiff_t blocks = blocks_in(&codes, threads);
    if (blocks > 0 && fits(&codes, 1, sizeof(int16_t), "codes") && fits(&classes, blocks, 1, "classes") &&
        fits(&head, HEAD_MOST + chunks_of(blocks) * STREAMS * 4, 1, "head")) {
        const ptrdiff_t chunks = chunks_of(blocks);
        Part *parts = calloc((size_t)chunks, sizeof(Part));
        ptrdiff_t head_size = -1, size = 0;
        Py_BEGIN_ALLOW_THREADS
        if (parts)
            head_size = encode_all(codes.buf, blocks, classes.buf, head.buf, parts, chunks < threads ? (int)chunks : threads);
        Py_END_ALLOW_THREADS
        for (ptrdiff_t chunk = 0; chunk < chunks && parts; chunk++) size += (ptrdiff_t)parts[chunk].size;
        PyObject *streams = head_size < 0 ? PyErr_NoMemory() : PyBytes_FromStringAndSize(NULL, size);
        size = 0;
        for (ptrdiff_t chunk = 0; chunk < chunks && parts; chunk++) {
            if (streams) memcpy(PyBytes_AS_STRING(streams) + size, parts[chunk].bytes, parts[chunk].size);
            size += (ptrdiff_t)parts[chunk].size;
            free(parts[chunk].bytes);
        }
        free(parts);
        if (streams) result = Py_BuildValue("nN", (Py_ssize_t)head_size, streams);
    }
    PyBuffer_Release(&codes);
    PyBuffer_Release(&classes);
    PyBuffer_Release(&head);
    return result;
}

PyDoc_STRVAR(decode_doc, "decode(codes, classes, head, streams, threads)\n--\n\nUndo encode. ValueError where bytes are damaged.");

static PyObject *decode(PyObject *Py_UNUSED(self), PyObject *arguments)
{
    Py_buffer codes, classes, head, streams;
    PyObject *result = NULL;
    int threads;
    if (!PyArg_ParseTuple(arguments, "w*y*y*y*i", &codes, &classes, &head, &streams, &threads)) return NULL;
    const ptrdiff_t blocks = blocks_in(&codes, threads);
    if (blocks > 0 && fits(&codes, 1, sizeof(int16_t), "codes") && fits(&classes, blocks, 1, "classes")) {
        int failed;
        Py_BEGIN_ALLOW_THREADS
        failed = decode_all(codes.buf, blocks, classes.buf, head.buf, head.len, streams.buf, streams.len, threads);
        Py_END_ALLOW_THREADS
        if (failed == -2)
            PyErr_SetString(PyExc_ValueError, "the codes are damaged");
        else
            result = failed ? PyErr_NoMemory() : Py_NewRef(Py_None);
    }
    PyBuffer_Release(&codes);
    PyBuffer_Release(&classes);
    PyBuffer_Release(&head);
    PyBuffer_Release(&streams);
    return result;
}

static PyMethodDef METHODS[] = {
    {"head_most", head_most, METH_VARARGS, head_most_doc},
    {"encode", encode, METH_VARARGS, encode_doc},
    {"decode", decode, METH_VARARGS, decode_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "_codes", "Entropy coding of what `interp` leaves.", 0, METHODS, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__codes(void)
{
    fill_names();
    return PyModuleDef_Init(&MODULE);
}
