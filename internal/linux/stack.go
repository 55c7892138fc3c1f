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
func (k *Kernel) buildStack(mem *mm.MM, prog *program, base uint64, env []string) (uint64, error) {
	top := mem.Layout.StackTop
	prot := mm.ProtRead | mm.ProtWrite
	if prog.image.Stack == loader.StackExec || prog.image.Stack == loader.StackDefault && mem.ABI() == x86.I386 {
		prot |= mm.ProtExec
	}
	const start = 33 * emu.PageSize // as the kernel leaves it after execve
	mem.Insert(&mm.VMA{Start: top - start, End: top, Prot: prot, GrowsDown: true, Name: "[stack]"})
	s := stackBuilder{mm: mem, sp: top, word: uint64(mem.ABI().Word())}
	s.sp -= s.word
	execFn := s.str(prog.given)
	envp := s.strs(env)
	mem.ArgEnd, mem.EnvEnd = s.sp, execFn
	if len(envp) > 0 {
		mem.ArgEnd = envp[0]
	}
	args := s.strs(prog.argv)
	mem.ArgStart = s.sp
	platform := s.str(map[x86.Arch]string{x86.I386: "i686", x86.AMD64: "x86_64"}[mem.ABI()])
	random := make([]byte, 16)
	k.random.fill(random)
	s.sp = s.sp&^15 - 16
	s.put(s.sp, random)
	auxv := k.auxv(prog, base, mem, execFn, platform, s.sp)
	s.sp &^= 15
	words := 1 + len(args) + 1 + len(envp) + 1 + len(auxv)
	s.sp = (s.sp - uint64(words)*s.word) &^ 15
	at := s.sp
	next := func(v uint64) {
		var b [8]byte
		le.PutUint64(b[:], v)
		s.put(at, b[:s.word])
		at += s.word
	}
	next(uint64(len(args)))
	for _, list := range [][]uint64{append(args, 0), append(envp, 0), auxv} {
		for _, v := range list {
			next(v)
		}
	}
	if s.failed {
		return 0, mm.ErrNoMemory
	}
	mem.Auxv = make([]byte, uint64(len(auxv))*s.word)
	mem.Read(at-uint64(len(mem.Auxv)), mem.Auxv)
	return s.sp, nil
}

func (k *Kernel) auxv(prog *program, base uint64, mm *mm.MM, execFn, platform, random uint64) []uint64 {
	h, u := prog.image.Headers, k.user()
	uid, gid := uint64(u.UID), uint64(u.GID)
	var v []uint64
	if mm.ABI() == x86.I386 {
		v = []uint64{abi.AT_SYSINFO, mm.VDSO + vdsoVsyscall, abi.AT_SYSINFO_EHDR, mm.VDSO}
	}
	return append(v, []uint64{
		abi.AT_HWCAP, emu.CPUIDFeatures, abi.AT_PAGESZ, emu.PageSize, abi.AT_CLKTCK, clockTicks,
		abi.AT_PHDR, h.Addr, abi.AT_PHENT, h.EntrySize, abi.AT_PHNUM, h.Count, abi.AT_BASE, base, abi.AT_FLAGS, 0,
		abi.AT_ENTRY, prog.image.Entry, abi.AT_UID, uid, abi.AT_EUID, uid, abi.AT_GID, gid, abi.AT_EGID, gid,
		abi.AT_SECURE, 0, abi.AT_RANDOM, random, abi.AT_HWCAP2, 0, abi.AT_EXECFN, execFn, abi.AT_PLATFORM, platform, abi.AT_NULL, 0,
	}...)
}

// stackBuilder writes a new stack downwards.
type stackBuilder struct {
	mm     *mm.MM
	sp     uint64
	word   uint64
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
