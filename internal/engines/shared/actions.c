/* Built-in and Go handlers of the simulator: of a probe, or an instance of a return probe. */
#define ACTION(name)								\
int name(void *p, struct pt_regs *regs, unsigned long arg)			\
{										\
	return hypercall(name, arg, p, regs);					\
}

ACTION(pre_handler_action)
ACTION(post_handler_action)
ACTION(fault_handler_action)
ACTION(return_handler_action)
