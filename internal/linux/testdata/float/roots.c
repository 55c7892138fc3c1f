// All roots of polynomials at once, in complex numbers of each precision.
#include <complex.h>
#include <stdio.h>

int main(void)
{
	double complex z[7];
	float complex w[5];
	long double complex l[4];
	for (int i = 0; i < 7; i++)
		z[i] = cpow(0.4 + 0.9 * I, i);
	for (int i = 0; i < 5; i++)
		w[i] = 1.1f + 0.3f * i * I - i * i * 0.2f;
	for (int i = 0; i < 4; i++)
		l[i] = (0.3L + 0.8L * I) * (i + 1);
	for (int n = 0; n < 40; n++) {
		for (int i = 0; i < 7; i++) {
			double complex p = ((((((z[i] - 3) * z[i] + 1) * z[i] + 5) * z[i] - 2) * z[i] + 1) * z[i] + 0.5) * z[i] - 7;
			for (int j = 0; j < 7; j++)
				if (j != i)
					p /= z[i] - z[j];
			z[i] -= p;
		}
		for (int i = 0; i < 5; i++) {
			float complex p = ((((w[i] + 1) * w[i] - 2) * w[i] + 3) * w[i] + 0.25f) * w[i] - 4;
			for (int j = 0; j < 5; j++)
				if (j != i)
					p /= w[i] - w[j];
			w[i] -= p;
		}
		for (int i = 0; i < 4; i++) {
			long double complex p = (((l[i] - 2) * l[i] + 0.7L) * l[i] + 3) * l[i] - 5;
			for (int j = 0; j < 4; j++)
				if (j != i)
					p /= l[i] - l[j];
			l[i] -= p;
		}
	}
	for (int i = 0; i < 7; i++)
		printf("%.14g %.14g\n", creal(z[i]), cimag(z[i]));
	for (int i = 0; i < 5; i++)
		printf("%.6g %.6g\n", crealf(w[i]), cimagf(w[i]));
	for (int i = 0; i < 4; i++)
		printf("%.18Lg %.18Lg\n", creall(l[i]), cimagl(l[i]));
	return 0;
}
