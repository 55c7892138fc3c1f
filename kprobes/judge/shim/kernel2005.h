/* What multiprobe's C expects of the kernel of 2005 around it. The functions of
   kprobes are engine 2005's own, as are the micro-steps of its locks; a struct
   kprobe is as the engine lays it out. */
typedef unsigned char u8;

#define NULL ((void *)0)
#define ENOMEM 12
#define EEXIST 17
#define GFP_ATOMIC 0
#define MICRO(name, a) ({ \
	unsigned long answer_ = (unsigned long)(a); \
	asm volatile("hc." #name "." UNIT "%=: int $0x81" : "+a"(answer_) : : "memory", "cc"); \
	answer_; })

typedef struct { volatile unsigned long word; } rwlock_t;

#define DEFINE_RWLOCK(name) rwlock_t __attribute__((used)) name
#define read_lock(l) MICRO(read_lock, 0)
#define read_unlock(l) MICRO(read_unlock, 0)
#define write_lock_irq(l) do { asm volatile("cli" : : : "memory"); MICRO(write_lock, 0); } while (0)
#define write_unlock_irq(l) do { MICRO(write_unlock, 0); asm volatile("sti" : : : "memory"); } while (0)
#define spin_lock_irqsave(l, flags) do { \
	asm volatile("pushfl; popl %0; cli" : "=r"(flags) : : "memory"); \
	MICRO(spin_lock, 0); \
} while (0)
#define spin_unlock_irqrestore(l, flags) do { \
	MICRO(spin_unlock, 0); \
	asm volatile("pushl %0; popfl" : : "r"(flags) : "memory", "cc"); \
} while (0)

#define container_of(at, type, member) ((type *)((char *)(at) - __builtin_offsetof(type, member)))

struct hlist_head { struct hlist_node *first; };
struct hlist_node { struct hlist_node *next, **pprev; };

#define hlist_entry(at, type, member) container_of(at, type, member)
#define hlist_for_each(at, head) for (at = (head)->first; at; at = at->next)
#define hlist_empty(head) (!(head)->first)
#define INIT_HLIST_HEAD(head) ((head)->first = NULL)
#define INIT_HLIST_NODE(n) ((n)->next = NULL, (n)->pprev = NULL)

static inline void hlist_add_head(struct hlist_node *n, struct hlist_head *h)
{
	n->next = h->first;
	if (n->next)
		n->next->pprev = &n->next;
	h->first = n;
	n->pprev = &h->first;
}

/* What is out of a list points to nowhere, as in 2.6. */
static inline void hlist_del(struct hlist_node *n)
{
	*n->pprev = n->next;
	if (n->next)
		n->next->pprev = n->pprev;
	n->next = (void *)0x00100100;
	n->pprev = (void *)0x00200200;
}

struct pt_regs;

struct kprobe {
	void *list[2];
	u8 *addr;
	int (*pre_handler)(struct kprobe *, struct pt_regs *);
	void (*post_handler)(struct kprobe *, struct pt_regs *, unsigned long flags);
	int (*fault_handler)(struct kprobe *, struct pt_regs *, int trapnr);
	unsigned long opcode;
	void *copy;
};

extern int kprobe_lock;
struct kprobe *get_kprobe(void *addr);
int register_kprobe(struct kprobe *p);
void unregister_kprobe(struct kprobe *p);

#define kmalloc(size, flags) (void *)judge_alloc()
#define kfree(at) ((at)->comm_probe.addr = NULL)
struct active_probe *judge_alloc(void);
