/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Modulation and activation of the generator in two passes over memory, for training on a CPU.
 *
 * bf16, channels-last, channels a multiple of 16, AVX-512. fused.py compiles this on first use and
 * falls back to plain PyTorch where it cannot. u = (x - mean) * rstd per sample and channel;
 *   c = g*u + b;  pre = c + w * (e*c + f*(u + 1));  out = pre > 0 ? pre : slope * pre
 * S holds (g, b) and D holds (e, f) side by side, 2C channels each; D may be absent (w = 0).
 */
#include <immintrin.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint16_t bf;
typedef __m512 v;

static inline v ld(const bf *p)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)p)), 16));
}

static inline void st(bf *p, v x)
{
    _mm256_storeu_si256((void *)p, (__m256i)_mm512_cvtneps_pbh(x));
}

/* sum and sum of squares of n pixels, in blocks: float error stays small on large planes */
static void moments(const bf *x, long n, int C, double *s, double *q)
{
    memset(s, 0, C * sizeof *s);
    memset(q, 0, C * sizeof *q);
    for (long p0 = 0; p0 < n; p0 += 256) {
        long p1 = p0 + 256 < n ? p0 + 256 : n;
        for (int c = 0; c < C; c += 16) {
            v a = _mm512_setzero_ps(), b = a;
            for (long p = p0; p < p1; p++) {
                v t = ld(x + p * C + c);
                a = _mm512_add_ps(a, t);
                b = _mm512_fmadd_ps(t, t, b);
            }
            float fa[16], fb[16];
            _mm512_storeu_ps(fa, a);
            _mm512_storeu_ps(fb, b);
            for (int i = 0; i < 16; i++) {
                s[c + i] += fa[i];
                q[c + i] += fb[i];
            }
        }
    }
}

int rvs_forward(const bf *x, const bf *D, const bf *S, const float *w, long wstep, bf *out, float *stats,
                long B, long n, int C, float eps, float slope)
{
    double *s = malloc(2 * C * sizeof *s);
    if (!s)
        return 1;
    for (long b = 0; b < B; b++) {
        float *m = stats + b * 2 * C, *r = m + C;
        const bf *xb = x + b * n * C;
        moments(xb, n, C, s, s + C);
        for (int c = 0; c < C; c++) {
            double mean = s[c] / n, var = s[C + c] / n - mean * mean;
            m[c] = (float)mean;
            r[c] = _mm_cvtss_f32(_mm_div_ss(_mm_set_ss(1), _mm_sqrt_ss(_mm_set_ss((float)(var > 0 ? var : 0) + eps))));
        }
        const v k = _mm512_set1_ps(slope), one = _mm512_set1_ps(1), z = _mm512_setzero_ps();
        for (long p = 0; p < n; p++) {
            const bf *sp = S + (b * n + p) * 2 * C, *dp = D ? D + (b * n + p) * 2 * C : NULL;
            v ww = D ? _mm512_set1_ps(wstep ? w[b * n + p] : w[b]) : z;
            for (int c = 0; c < C; c += 16) {
                v u = _mm512_mul_ps(_mm512_sub_ps(ld(xb + p * C + c), _mm512_loadu_ps(m + c)), _mm512_loadu_ps(r + c));
                v y = _mm512_fmadd_ps(ld(sp + c), u, ld(sp + C + c));
                if (D) {
                    v t = _mm512_mul_ps(ld(dp + C + c), _mm512_add_ps(u, one));
                    y = _mm512_fmadd_ps(ww, _mm512_fmadd_ps(ld(dp + c), y, t), y);
                }
                st(out + (b * n + p) * C + c, _mm512_max_ps(y, _mm512_mul_ps(y, k)));
            }
        }
    }
    free(s);
    return 0;
}

/* du is kept in dx (bf16) between the passes */
int rvs_backward(const bf *go, const bf *x, const bf *D, const bf *S, const float *w, long wstep, const float *stats,
                 bf *dx, bf *dD, bf *dS, long B, long n, int C, float slope)
{
    const v k = _mm512_set1_ps(slope), one = _mm512_set1_ps(1), z = _mm512_setzero_ps();
    double *sum = malloc(2 * C * sizeof *sum);
    float *acc = malloc(2 * C * sizeof *acc);
    if (!sum || !acc) {
        free(sum);
        free(acc);
        return 1;
    }
    for (long b = 0; b < B; b++) {
        const float *m = stats + b * 2 * C, *r = m + C;
        memset(sum, 0, 2 * C * sizeof *sum);
        for (long p0 = 0; p0 < n; p0 += 256) {
            long p1 = p0 + 256 < n ? p0 + 256 : n;
            memset(acc, 0, 2 * C * sizeof *acc);
            for (long p = p0; p < p1; p++) {
                long o = (b * n + p) * C, o2 = 2 * o;
                v ww = D ? _mm512_set1_ps(wstep ? w[b * n + p] : w[b]) : z;
                for (int c = 0; c < C; c += 16) {
                    v u = _mm512_mul_ps(_mm512_sub_ps(ld(x + o + c), _mm512_loadu_ps(m + c)), _mm512_loadu_ps(r + c));
                    v g = ld(S + o2 + c), y = _mm512_fmadd_ps(g, u, ld(S + o2 + C + c));
                    v e = z, f = z, pre = y, u1 = _mm512_add_ps(u, one);
                    if (D) {
                        e = ld(D + o2 + c);
                        f = ld(D + o2 + C + c);
                        pre = _mm512_fmadd_ps(ww, _mm512_fmadd_ps(e, y, _mm512_mul_ps(f, u1)), y);
                    }
                    v d = ld(go + o + c);
                    d = _mm512_mask_mul_ps(d, _mm512_cmp_ps_mask(pre, z, _CMP_LE_OQ), d, k);
                    v dy = d, du = z;
                    if (D) {
                        v dw = _mm512_mul_ps(d, ww);
                        st(dD + o2 + c, _mm512_mul_ps(dw, y));
                        st(dD + o2 + C + c, _mm512_mul_ps(dw, u1));
                        dy = _mm512_fmadd_ps(dw, e, d);
                        du = _mm512_mul_ps(dw, f);
                    }
                    st(dS + o2 + c, _mm512_mul_ps(dy, u));
                    st(dS + o2 + C + c, dy);
                    du = _mm512_fmadd_ps(dy, g, du);
                    st(dx + o + c, du);
                    _mm512_storeu_ps(acc + c, _mm512_add_ps(_mm512_loadu_ps(acc + c), du));
                    _mm512_storeu_ps(acc + C + c, _mm512_fmadd_ps(du, u, _mm512_loadu_ps(acc + C + c)));
                }
            }
            for (int i = 0; i < 2 * C; i++)
                sum[i] += acc[i];
        }
        for (int i = 0; i < 2 * C; i++)
            acc[i] = (float)(sum[i] / n);
        for (long p = 0; p < n; p++) {
            long o = (b * n + p) * C;
            for (int c = 0; c < C; c += 16) {
                v rr = _mm512_loadu_ps(r + c), u = _mm512_mul_ps(_mm512_sub_ps(ld(x + o + c), _mm512_loadu_ps(m + c)), rr);
                v t = _mm512_sub_ps(ld(dx + o + c), _mm512_loadu_ps(acc + c));
                st(dx + o + c, _mm512_mul_ps(rr, _mm512_fnmadd_ps(u, _mm512_loadu_ps(acc + C + c), t)));
            }
        }
    }
    free(sum);
    free(acc);
    return 0;
}
