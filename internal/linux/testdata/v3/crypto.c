// AES, SHA, PCLMULQDQ, F16C and PCMPISTRI by their intrinsics, and what CPUID says of them.
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>

static void show(const char *name, __m128i v)
{
	uint64_t w[2];
	_mm_storeu_si128((void *)w, v);
	printf("%s %016llx%016llx\n", name, (unsigned long long)w[1], (unsigned long long)w[0]);
}

int main(void)
{
	__m128i a = _mm_set_epi32(0x01234567, 0x89abcdef, 0x02468ace, 0x13579bdf), b = _mm_set_epi32(0xdeadbeef, 0x0badf00d, 0x12345678, 0x0f1e2d3c);
	show("aesenc", _mm_aesenc_si128(a, b));
	show("aesdeclast", _mm_aesdeclast_si128(a, b));
	show("aesimc", _mm_aesimc_si128(a));
	show("aeskeygen", _mm_aeskeygenassist_si128(a, 0x1b));
	show("pclmul", _mm_clmulepi64_si128(a, b, 0x10));
	show("sha1rnds4", _mm_sha1rnds4_epu32(a, b, 2));
	show("sha1nexte", _mm_sha1nexte_epu32(a, b));
	show("sha256rnds2", _mm_sha256rnds2_epu32(a, b, _mm_xor_si128(a, b)));
	show("sha256msg2", _mm_sha256msg2_epu32(_mm_sha256msg1_epu32(a, b), b));
	show("halves", _mm_cvtps_ph(_mm_set_ps(1.5f, -65519.9f, 6e-8f, 1e-3f), 0));
	show("singles", _mm_castps_si128(_mm_cvtph_ps(a)));
	printf("pcmpistri %d\n", _mm_cmpistri(_mm_set1_epi8('x'), _mm_setr_epi8('a', 'b', 'x', 'd', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0));
	__builtin_cpu_init();
	printf("avx2 %d fma %d avx %d sse4.2 %d\n", !!__builtin_cpu_supports("avx2"), !!__builtin_cpu_supports("fma"), !!__builtin_cpu_supports("avx"),
	       !!__builtin_cpu_supports("sse4.2"));
	return 0;
}
