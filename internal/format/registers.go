package format

var registers32 = []string{"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"}

var registers64 = []string{"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
	"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"}

// generalRegisters lists the full-width general registers of an architecture.
func generalRegisters(arch string) []string {
	if arch == "x86_64" {
		return registers64
	}
	return registers32
}

func isRegister(arch, name string) bool { return contains(generalRegisters(arch), name) }

// readableRegisters lists what an expression may name behind "%".
func readableRegisters(arch string) []string {
	list := append([]string(nil), generalRegisters(arch)...)
	if arch == "x86_64" {
		list = append(list, "rip", "rflags")
	} else {
		list = append(list, "eip", "eflags")
	}
	list = append(list, "cs", "ss", "ds", "es", "cr2", "dr6", "cpl")
	return append(list, TaskFlags...)
}

func isReadable(arch, name string) bool { return contains(readableRegisters(arch), name) }
