// Every function that rounds, in every mode, of each precision, with the flags it raises.
#include <fenv.h>
#include <math.h>
#include <stdio.h>

int main(void)
{
	static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
	static const double values[] = {0.5, 1.5, 2.5, -0.5, -2.5, 0.49999999999999994, 4503599627370495.5, 1e15 + 0.3, -1e10 - 0.7, 1e300, 2147483647.5, -2147483648.5, 9.2e18, 3e-310, INFINITY};
	for (int m = 0; m < 4; m++)
		for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
			volatile double d = values[i];
			volatile float f = d;
			volatile long double l = d;
			fesetround(modes[m]);
			feclearexcept(FE_ALL_EXCEPT);
			double a = rint(d), b = nearbyint(d), c = floor(d), e = ceil(d), t = trunc(d), r = round(d);
			float fa = rintf(f), fc = floorf(f), fe = ceilf(f), ft = truncf(f);
			long double la = rintl(l), lc = floorl(l), le = ceill(l);
			int flags = fetestexcept(FE_INVALID | FE_INEXACT);
			feclearexcept(FE_ALL_EXCEPT);
			long n = fabs(d) < 2e9 ? lrint(d) : 0;
			long long w = fabs(d) < 9e18 ? llrint(d) : 0;
			fesetround(FE_TONEAREST);
			printf("%g %g %g %g %g %g | %g %g %g %g | %Lg %Lg %Lg | %ld %lld %x\n", a, b, c, e, t, r, fa, fc, fe, ft, la, lc, le, n, w, flags);
		}
	return 0;
}
