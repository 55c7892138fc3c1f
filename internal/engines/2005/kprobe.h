/* struct kprobe of 2.6.12. */
struct kprobe {
	struct hlist_node hlist;
	volatile u8 *volatile addr;
	int (*volatile pre_handler)(struct kprobe *, struct pt_regs *);
	void (*volatile post_handler)(struct kprobe *, struct pt_regs *, unsigned long);
	int (*volatile fault_handler)(struct kprobe *, struct pt_regs *, int);
	volatile u8 opcode;
	volatile u8 *volatile insn;	/* where the copy lies */
};
