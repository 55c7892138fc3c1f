/* manymaps N MB: fills N mappings of MB megabytes each. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	int n = atoi(argv[1]);
	size_t size = (size_t)atoi(argv[2]) << 20;
	for (int i = 0; i < n; i++) {
		unsigned char *p = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return 2;
		for (size_t at = 0; at < size; at += 512)
			if (p[at])
				return 3;
		memset(p, i + 1, size);
		if (i % 16 == 15 && munmap(p, size)) /* its frames come again, zeroed */
			return 4;
	}
	return 0;
}
