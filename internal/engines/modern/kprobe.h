/* struct kprobe of 5.12, and what each CPU knows of its hit. */
struct list_head {
	struct list_head *volatile next, *volatile prev;
};

struct kprobe {
	struct hlist_node hlist;
	volatile u8 *volatile addr;
	int (*volatile pre_handler)(struct kprobe *, struct pt_regs *);
	void (*volatile post_handler)(struct kprobe *, struct pt_regs *, unsigned long);
	int (*volatile fault_handler)(struct kprobe *, struct pt_regs *, int);
	volatile u8 opcode;
	volatile u8 len;	/* of the instruction */
	volatile u8 way;	/* what spares the step: AINSN_BOOSTABLE, and how it is emulated */
	volatile u8 flags;
	volatile u8 *volatile insn;	/* where the copy lies */
	struct list_head list;	/* those gathered at one address (M5) */
	volatile unsigned long nmissed;
};

#define KPROBE_FLAG_DISABLED 2
#define AINSN_BOOSTABLE 0x80

struct prev_kprobe {
	struct kprobe *volatile kp;
	volatile unsigned long status, old_flags, saved_flags;
};

/* A CPU's own. */
struct kprobe_ctlblk {
	struct kprobe *volatile current_kprobe;
	volatile unsigned long kprobe_status, kprobe_old_flags, kprobe_saved_flags;
	struct prev_kprobe prev_kprobe;		/* the outer hit's, while one inside it is stepped */
	struct kprobe *volatile kprobe_instance;	/* whose handler an aggregated probe calls */
} __attribute__((aligned(16 * sizeof(long))));

int kprobe_disabled(struct kprobe *p);
int within_kprobe_blacklist(volatile void *addr);
void kprobes_inc_nmissed_count(struct kprobe *p);
void emulate(u8 way, struct kprobe *p, struct pt_regs *regs);
