package linux

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// clockTicks is the unit of times(2), in a second.
const clockTicks = 100

// buildStack makes the stack that a program starts on (arch ABI supplements,
// "Process Initialization") and returns its stack pointer. base is where its
// interpreter lies.
func (k *Kernel) buildStack(mem *mm.MM, prog *program, base uint64, env []string, who credentials) (uint64, error) {
	top := mem.Layout.StackTop
	prot := mm.ProtRead | mm.ProtWrite
	if prog.image.Stack == loader.StackExec || prog.image.Stack == loader.StackDefault && mem.ABI() == x86.I386 {
		prot |= mm.ProtExec
	}
	const start = 33 * emu.PageSize // as the kernel leaves it after execve
	if err := mem.AddStack(start, prot); err != nil {
		return 0, err
	}
	s := stackBuilder{mm: mem, sp: top}
	s.sp -= uint64(k.m.Arch.Word()) // as bprm_mm_init() leaves it
	execFn := s.str(prog.given)
	envp := s.strs(env)
	mem.ArgEnd, mem.EnvEnd = s.sp, execFn
	if len(envp) > 0 {
		mem.ArgEnd = envp[0]
	}
	args := s.strs(prog.argv)
	mem.ArgStart = s.sp
	s.sp &^= 15
	platform := s.str(map[x86.Arch]string{x86.I386: "i686", x86.AMD64: "x86_64"}[mem.ABI()])
	random := make([]byte, 16)
	k.random.fill(random)
	s.sp -= uint64(len(random))
	s.put(s.sp, random)
	auxv := k.auxv(prog, base, mem, who, execFn, platform, s.sp)
	words := []abi.ULong{abi.ULong(len(args))}
	for _, list := range [][]uint64{append(args, 0), append(envp, 0)} {
		for _, v := range list {
			words = append(words, abi.ULong(v))
		}
	}
	word := mem.ABI().Word()
	vector := abi.Marshal(word, words)
	mem.Auxv = abi.Marshal(word, auxv)
	s.sp = (s.sp - uint64(len(vector)+len(mem.Auxv))) &^ 15
	s.put(s.sp, append(vector, mem.Auxv...))
	if s.failed {
		return 0, mm.ErrNoMemory
	}
	mem.StartStack = s.sp
	return s.sp, nil
}

// auxv is the auxiliary vector of a 6.1 kernel (create_elf_tables()).
func (k *Kernel) auxv(prog *program, base uint64, mem *mm.MM, who credentials, execFn, platform, random uint64) []abi.Auxv {
	h, secure := prog.image.Headers, abi.ULong(0)
	if who.secure() {
		secure = 1
	}
	v := []abi.Auxv{{Type: abi.AT_SYSINFO_EHDR, Val: abi.ULong(mem.VDSO)}}
	if mem.ABI() == x86.I386 {
		v = []abi.Auxv{{Type: abi.AT_SYSINFO, Val: abi.ULong(mem.VDSO + vdsoVsyscall)}, v[0]}
	}
	return append(v, []abi.Auxv{
		{Type: abi.AT_MINSIGSTKSZ, Val: abi.ULong(k.minStack())},
		{Type: abi.AT_HWCAP, Val: emu.CPUIDFeatures}, {Type: abi.AT_PAGESZ, Val: emu.PageSize}, {Type: abi.AT_CLKTCK, Val: clockTicks},
		{Type: abi.AT_PHDR, Val: abi.ULong(h.Addr)}, {Type: abi.AT_PHENT, Val: abi.ULong(h.EntrySize)}, {Type: abi.AT_PHNUM, Val: abi.ULong(h.Count)},
		{Type: abi.AT_BASE, Val: abi.ULong(base)}, {Type: abi.AT_FLAGS}, {Type: abi.AT_ENTRY, Val: abi.ULong(prog.image.Entry)},
		{Type: abi.AT_UID, Val: abi.ULong(who.uid.real)}, {Type: abi.AT_EUID, Val: abi.ULong(who.uid.eff)}, {Type: abi.AT_GID, Val: abi.ULong(who.gid.real)}, {Type: abi.AT_EGID, Val: abi.ULong(who.gid.eff)},
		{Type: abi.AT_SECURE, Val: secure}, {Type: abi.AT_RANDOM, Val: abi.ULong(random)}, {Type: abi.AT_HWCAP2, Val: abi.HWCAP2_FSGSBASE},
		{Type: abi.AT_EXECFN, Val: abi.ULong(execFn)}, {Type: abi.AT_PLATFORM, Val: abi.ULong(platform)}, {Type: abi.AT_NULL},
	}...)
}

// minStack is AT_MINSIGSTKSZ, the most that a signal frame takes: the largest of the kernel's structures with the
// floating-point state, each aligned (init_sigframe_size()).
func (k *Kernel) minStack() int {
	const align, alignXSave = 16, 64
	state := emu.FXSize
	if k.m.HasXSave() {
		state = emu.XSaveSize + abi.FP_XSTATE_MAGIC2_SIZE
	}
	up := func(n, to int) int { return (n + to - 1) &^ (to - 1) }
	frame := up(abi.Sizeof(4, abi.SigframeIA32{}), k.m.Arch.Word()) // it has a member of 64 bits, which the kernel's compiler aligns
	return up(frame+align-1+state+abi.FP32Legacy+alignXSave-1, align)
}

// stackBuilder writes a new stack downwards.
type stackBuilder struct {
	mm     *mm.MM
	sp     uint64
	failed bool
}

func (s *stackBuilder) put(va uint64, b []byte) {
	if !s.mm.Write(va, b) {
		s.failed = true
	}
}

func (s *stackBuilder) str(v string) uint64 {
	s.sp -= uint64(len(v)) + 1
	s.put(s.sp, append([]byte(v), 0))
	return s.sp
}

// strs puts a list with its first string lowest and returns the addresses.
func (s *stackBuilder) strs(l []string) []uint64 {
	at := make([]uint64, len(l))
	for i := len(l) - 1; i >= 0; i-- {
		at[i] = s.str(l[i])
	}
	return at
}
