/* A kernel without probes. */
#define kprobe_running() 0
#define kprobe_handler(regs) 0
#define post_kprobe_handler(regs) 0
#define kprobe_fault(regs, trapnr) 0
