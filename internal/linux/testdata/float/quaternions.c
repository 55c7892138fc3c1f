// Rotations as quaternions and as matrices, in floats, that come back to where they began.
#include <math.h>
#include <stdio.h>

typedef struct { float w, x, y, z; } Q;

static Q times(Q a, Q b)
{
	return (Q){a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z, a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
		   a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x, a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w};
}

int main(void)
{
	Q q = {1, 0, 0, 0}, step = {cosf(0.05f), sinf(0.05f) * 0.6f, 0, sinf(0.05f) * 0.8f};
	float v[16][4];
	for (int i = 0; i < 16; i++)
		for (int k = 0; k < 4; k++)
			v[i][k] = i * 0.5f - k;
	for (int n = 0; n < 200; n++) {
		q = times(q, step);
		float l = 1 / sqrtf(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z);
		q = (Q){q.w * l, q.x * l, q.y * l, q.z * l};
		float m[4][4] = {{1 - 2 * (q.y * q.y + q.z * q.z), 2 * (q.x * q.y - q.w * q.z), 2 * (q.x * q.z + q.w * q.y), 0},
				 {2 * (q.x * q.y + q.w * q.z), 1 - 2 * (q.x * q.x + q.z * q.z), 2 * (q.y * q.z - q.w * q.x), 0},
				 {2 * (q.x * q.z - q.w * q.y), 2 * (q.y * q.z + q.w * q.x), 1 - 2 * (q.x * q.x + q.y * q.y), 0},
				 {0, 0, 0, 1}};
		for (int i = 0; i < 16; i++) {
			float r[4] = {0};
			for (int a = 0; a < 4; a++)
				for (int b = 0; b < 4; b++)
					r[a] += m[a][b] * v[i][b];
			for (int k = 0; k < 3; k++)
				v[i][k] = r[k];
		}
	}
	printf("%.9g %.9g %.9g %.9g %.9g %.9g\n", q.w, q.x, q.y, q.z, v[3][0], v[15][2]);
	return 0;
}
