/* Behind the seed's structures: where they lie. Each active probe has its place
   for the copied instruction from the start. */
struct active_place { struct active_probe ap; } __attribute__((aligned(64)));
struct multi_place { struct multiprobe mp; } __attribute__((aligned(64)));

struct active_place judge_active[16];
struct multi_place judge_multi[16];

struct active_probe *judge_alloc(void)
{
	int i;

	for (i = 0; i < 16; i++)
		if (!judge_active[i].ap.comm_probe.addr)
			return &judge_active[i].ap;
	return NULL;
}
