/*
 * What the kernels have in common that step a copy of the instruction: the hash
 * table of probes, and the interrupted stack.
 */
#define KPROBE_HASH_BITS 6
#define KPROBE_TABLE_SIZE (1 << KPROBE_HASH_BITS)
#define MAX_PROBES 4096
#define MAX_INSN_SIZE 16
#define INT3_INSN_OPCODE 0xcc

/* A place of kprobe_pool: a kprobe, or a larger structure that begins with one. */
#define PLACE_SIZE (16 * sizeof(long))

struct kprobe_place {
	struct kprobe kp;
} __attribute__((aligned(16 * sizeof(long))));

struct hlist_head kprobe_table[KPROBE_TABLE_SIZE] __attribute__((aligned(64)));
struct kprobe_place kprobe_pool[MAX_PROBES];

/* Readers that hold no lock find either list. */
void hlist_add_head(struct hlist_node *n, struct hlist_head *h)
{
	struct hlist_node *first = h->first;

	n->next = first;
	n->pprev = &h->first;
	h->first = n;
	if (first)
		first->pprev = &n->next;
}

/* The list of the bucket that an address hashes to. */
struct hlist_head *kprobe_bucket(volatile void *addr)
{
#ifdef __x86_64__
	unsigned long hash = (unsigned long)addr * 0x9e37fffffffc0001UL;
#else
	unsigned long hash = (unsigned long)addr * 0x9e370001UL;
#endif
	return &kprobe_table[hash >> (8 * sizeof(hash) - KPROBE_HASH_BITS)];
}

/* The probe at addr, or NULL. */
struct kprobe *get_kprobe(volatile u8 *addr)
{
	struct hlist_head *head = kprobe_bucket(addr);
	struct hlist_node *node;

	node = head->first;	/* K3 @get_kprobe: is there a probe for the address in its bucket of the hash table? */
	while (node) {
		struct kprobe *p = (struct kprobe *)node;

		if (p->addr == addr)
			return p;
		node = node->next;
	}
	return NULL;
}

int is_prefix(u8 byte)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64 ... 0x67:
	case 0xf0:
	case 0xf2:
	case 0xf3:
		return 1;
	}
	return 0;
}

/* The top word of the interrupted stack: in a 32-bit frame regs->esp itself, right for kernel mode only (K10). */
volatile unsigned long *top_of_stack(struct pt_regs *regs)
{
#ifdef __x86_64__
	return (volatile unsigned long *)regs->esp;
#else
	return &regs->esp;
#endif
}

void fix_pushf(volatile unsigned long *top, unsigned long old)
{
	unsigned long flags = *top & ~(EF_TF | EF_IF);

	flags |= old;
	*top = flags;	/* K10: pushf pushed the stepping flags: the image on the stack gets TF and IF as they were */
}

void fix_return_address(volatile unsigned long *top, unsigned long distance)
{
	unsigned long addr = *top;

	addr += distance;
	*top = addr;	/* O3: a call pushed the address behind the copy: it moves by the distance */
}
