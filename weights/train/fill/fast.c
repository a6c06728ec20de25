/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reduce, Canny and harmonic fill of ops.py, bit for bit, some twenty times faster: for training on a CPU.
 *
 * Compiled by fast.py on first use with -ffp-contract=off, since a fused multiply-add rounds differently.
 * Planes are row-major; `hole` and `valid` hold 0 or 1.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LOW = 40 * 16, HIGH = 90 * 16, TAN22 = 13573, JACOBI = 4 };

static int clampi(int v, int n)
{
    return v < 0 ? 0 : v >= n ? n - 1 : v;
}

/* rgb u8 [side*k, side*k, 3] -> out u8 [side, side, 3], valid [side, side] */
void rvs_reduce(const uint8_t *rgb, const uint8_t *hole, int side, int k, uint8_t *out, uint8_t *valid)
{
    int n = side * k;
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            int count = 0, sum[3] = { 0 };
            for (int j = 0; j < k; j++)
                for (int i = 0; i < k; i++) {
                    long at = (long) (y * k + j) * n + x * k + i;
                    int good = !hole[at];
                    count += good;
                    for (int c = 0; c < 3; c++)
                        sum[c] += good * rgb[3 * at + c];
                }
            int div = count > 0 ? count : 1;
            for (int c = 0; c < 3; c++)
                out[3 * (y * side + x) + c] = (uint8_t) ((2 * sum[c] + div) / (2 * div));
            valid[y * side + x] = 2 * count >= k * k;
        }
}

static void smooth(const uint8_t *rgb, int h, int w, int *a, int *s)
{
    static const int g[5] = { 14, 62, 104, 62, 14 };
    for (long i = 0; i < (long) h * w; i++)
        s[i] = (77 * rgb[3 * i] + 150 * rgb[3 * i + 1] + 29 * rgb[3 * i + 2] + 128) >> 8;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int sum = 0;
            for (int i = 0; i < 5; i++)
                sum += g[i] * s[y * w + clampi(x + i - 2, w)];
            a[y * w + x] = sum;
        }
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int sum = 2048;
            for (int i = 0; i < 5; i++)
                sum += g[i] * a[clampi(y + i - 2, h) * w + x];
            s[y * w + x] = sum >> 12;
        }
}

static void sobel(const int *s, int h, int w, int *gx, int *gy)
{
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const int *u = s + clampi(y - 1, h) * w, *m = s + y * w, *d = s + clampi(y + 1, h) * w;
            int l = clampi(x - 1, w), r = clampi(x + 1, w);
            gx[y * w + x] = u[r] - u[l] + 2 * (m[r] - m[l]) + d[r] - d[l];
            gy[y * w + x] = d[l] - u[l] + 2 * (d[x] - u[x]) + d[r] - u[r];
        }
}

/* 0 nothing, 1 weak, 2 strong crest */
static int crest(const int *gx, const int *gy, int h, int w, int y, int x)
{
    int ax = abs(gx[y * w + x]), ay = abs(gy[y * w + x]), m = ax + ay, a, b;
#define AT(j, i) ((j) < 0 || (j) >= h || (i) < 0 || (i) >= w ? 0 : abs (gx[(j) * w + (i)]) + abs (gy[(j) * w + (i)]))
    if (m <= LOW)
        return 0;
    int64_t v = (int64_t) ay << 15, t = (int64_t) ax * TAN22;
    if (v < t)
        a = AT(y, x - 1), b = AT(y, x + 1) - 1;
    else if (v > t + ((int64_t) ax << 16))
        a = AT(y - 1, x), b = AT(y + 1, x) - 1;
    else if ((gx[y * w + x] ^ gy[y * w + x]) < 0)
        a = AT(y - 1, x + 1), b = AT(y + 1, x - 1);
    else
        a = AT(y - 1, x - 1), b = AT(y + 1, x + 1);
    return m > a && m > b ? 1 + (m > HIGH) : 0;
}

/* rgb u8 [h, w, 3] -> edge [h, w], work i32 [4 * h * w] */
void rvs_canny(const uint8_t *rgb, int h, int w, uint8_t *edge, int *work)
{
    long n = (long) h * w, top = 0;
    int *s = work, *a = s + n, *gx = a + n, *gy = gx + n;
    smooth(rgb, h, w, a, s);
    sobel(s, h, w, gx, gy);
    for (long i = 0; i < n; i++) {
        edge[i] = (uint8_t) crest(gx, gy, h, w, (int) (i / w), (int) (i % w));
        if (edge[i] == 2)
            s[top++] = (int) i;
    }
    while (top > 0) {
        int i = s[--top], y = i / w, x = i % w;
        for (int q = y - 1; q <= y + 1; q++)
            for (int p = x - 1; p <= x + 1; p++)
                if (q >= 0 && q < h && p >= 0 && p < w && edge[q * w + p] == 1) {
                    edge[q * w + p] = 2;
                    s[top++] = q * w + p;
                }
    }
    for (long i = 0; i < n; i++)
        edge[i] = edge[i] == 2;
}

static void pull(const float *x, const float *v, int n, float *y, float *u)
{
    int m = n / 2;
    for (int j = 0; j < m; j++)
        for (int i = 0; i < m; i++) {
            const float *a = x + 2L * j * n + 2 * i, *b = v + 2L * j * n + 2 * i;
            float k = (b[0] + b[1]) + (b[n] + b[n + 1]), s = (a[0] + a[1]) + (a[n] + a[n + 1]);
            y[j * m + i] = s / (k > 1 ? k : 1);
            u[j * m + i] = k < 1 ? k : 1;
        }
}

static void push(const float *x, int m, const float *v, float *row, float *y)
{
    int n = 2 * m;
    for (int j = 0; j < m; j++)
        for (int i = 0; i < m; i++) {
            const float *r = x + j * m;
            float big = r[i] * .75f;
            row[j * n + 2 * i] = big + r[i > 0 ? i - 1 : 0] * .25f;
            row[j * n + 2 * i + 1] = big + r[i < m - 1 ? i + 1 : i] * .25f;
        }
    for (int j = 0; j < n; j++) {
        const float *near = row + (long) (j / 2) * n;
        const float *far = row + (long) (j & 1 ? (j / 2 < m - 1 ? j / 2 + 1 : m - 1) : (j > 0 ? j / 2 - 1 : 0)) * n;
        for (int i = 0; i < n; i++)
            y[(long) j * n + i] = v[(long) j * n + i] > 0 ? y[(long) j * n + i] : near[i] * .75f + far[i] * .25f;
    }
}

static void relax(const float *restrict x, const float *restrict v, int n, float *restrict y)
{
    for (int j = 0; j < n; j++) {
        const float *m = x + (long) j * n, *u = j > 0 ? m - n : m, *d = j < n - 1 ? m + n : m, *w = v + (long) j * n;
        float *o = y + (long) j * n;
        o[0] = w[0] > 0 ? m[0] : ((m[0] + m[n > 1]) + (u[0] + d[0])) * .25f;
        for (int i = 1; i < n - 1; i++)
            o[i] = w[i] > 0 ? m[i] : ((m[i - 1] + m[i + 1]) + (u[i] + d[i])) * .25f;
        if (n > 1)
            o[n - 1] = w[n - 1] > 0 ? m[n - 1] : ((m[n - 2] + m[n - 1]) + (u[n - 1] + d[n - 1])) * .25f;
    }
}

/* x [n, n] in place, v [n, n] 1 = known; work [5 * n * n]: the levels of x and v, one row buffer */
void rvs_harmonic(float *x, const float *known, int n, float *work)
{
    long at[32], size = (long) n * n;
    float *xs = work, *vs = work + 3 * size / 2, *row = work + 3 * size;
    int levels = 0;
    long sum = 0;
    for (int m = n; m >= 1; m /= 2, levels++)
        at[levels] = sum, sum += (long) m * m;
    memcpy(vs, known, size * sizeof *vs);
    for (long i = 0; i < size; i++)
        xs[i] = x[i] * known[i];
    for (int l = 0, m = n; l + 1 < levels; l++, m /= 2)
        pull(xs + at[l], vs + at[l], m, xs + at[l + 1], vs + at[l + 1]);
    for (int l = levels - 2, m = 2; l >= 0; l--, m *= 2) {
        push(xs + at[l + 1], m / 2, vs + at[l], row, xs + at[l]);
        for (int k = 0; k < JACOBI; k += 2) {
            relax(xs + at[l], vs + at[l], m, row);
            relax(row, vs + at[l], m, xs + at[l]);
        }
    }
    memcpy(x, xs, size * sizeof *x);
}
