/* What multiprobe's C expects of the kernel of 2005 around it. The functions of
   kprobes and the locks are engine 2005's own; a struct kprobe is as the engine
   lays it out. */
typedef unsigned char u8;

#define NULL ((void *)0)
#define ENOMEM 12
#define EEXIST 17
#define GFP_ATOMIC 0

extern volatile unsigned long kprobe_lock;
void spin_lock(volatile unsigned long *lock);
void spin_unlock(volatile unsigned long *lock);
void read_lock(volatile unsigned long *lock);
void read_unlock(volatile unsigned long *lock);
void write_lock(volatile unsigned long *lock);
void write_unlock(volatile unsigned long *lock);

typedef struct { volatile unsigned long word; } rwlock_t;

#define DEFINE_RWLOCK(name) rwlock_t __attribute__((used)) name
#define read_lock(l) read_lock(&(l)->word)
#define read_unlock(l) read_unlock(&(l)->word)
#define write_lock_irq(l) do { asm volatile("cli" : : : "memory"); write_lock(&(l)->word); } while (0)
#define write_unlock_irq(l) do { write_unlock(&(l)->word); asm volatile("sti" : : : "memory"); } while (0)
#define spin_lock_irqsave(l, flags) do { \
	asm volatile("pushfl; popl %0; cli" : "=r"(flags) : : "memory"); \
	spin_lock(l); \
} while (0)
#define spin_unlock_irqrestore(l, flags) do { \
	spin_unlock(l); \
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

struct kprobe *get_kprobe(void *addr);
int register_kprobe(struct kprobe *p);
void unregister_kprobe(struct kprobe *p);

#define kmalloc(size, flags) (void *)judge_alloc()
#define kfree(at) ((at)->comm_probe.addr = NULL)
struct active_probe *judge_alloc(void);
