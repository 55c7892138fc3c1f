//go:build linux && amd64

package linux

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/x86"
)

// tracee is a native process that is stepped with ptrace(2). All its methods
// run on the OS thread that started it.
type tracee struct {
	t     *testing.T
	pid   int
	width int  // 32 or 64
	ended bool // it exited or was killed
	end   Result
	sig   syscall.Signal // to be delivered with the next step
	brk   uint64         // the machine's end of the heap
	vdso  struct {       // of a 32-bit process: its own, which is taken away, and the machine's
		at      uint64
		content []byte
		machine uint64
	}
}

// startTracee executes args without address randomisation and stops it before
// its first instruction, or skips the test where that is not possible.
func startTracee(t *testing.T, width int, env, args []string) *tracee {
	t.Helper()
	runtime.LockOSThread() // never unlocked: the thread ends with the test
	stayOnOneCPU()
	const noRandomize = 0x0040000
	if _, _, errno := unix.RawSyscall(unix.SYS_PERSONALITY, noRandomize, 0, 0); errno != 0 {
		t.Skipf("no personality(2): %v", errno)
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	require.NoError(t, err)
	defer null.Close()
	pid, err := syscall.ForkExec(args[0], args, &syscall.ProcAttr{
		Env: env, Files: []uintptr{null.Fd(), null.Fd(), null.Fd()},
		Sys: &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		t.Skipf("cannot trace %s here: %v", args[0], err)
	}
	p := &tracee{t: t, pid: pid, width: width}
	t.Cleanup(func() {
		if !p.ended {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			_, _ = syscall.Wait4(pid, nil, syscall.WALL, nil)
		}
	})
	p.wait()
	require.False(t, p.ended, "%s ended before its first instruction", args[0])
	return p
}

var tracees atomic.Int32

// stayOnOneCPU keeps this thread and the process it starts on one CPU, where
// changing from one to the other costs least. A failure only costs time.
func stayOnOneCPU() {
	var may, one unix.CPUSet
	if unix.SchedGetaffinity(0, &may) != nil {
		return
	}
	n := int(tracees.Add(1)) % max(may.Count(), 1)
	for cpu := 0; cpu < 64*len(may); cpu++ {
		if !may.IsSet(cpu) {
			continue
		}
		if n--; n < 0 {
			one.Set(cpu)
			break
		}
	}
	_ = unix.SchedSetaffinity(0, &one)
}

// wait takes the next stop or the end.
func (p *tracee) wait() {
	var word uint32
	for {
		// Raw, as the other calls of a step: telling Go's scheduler costs more than the step takes.
		_, _, errno := unix.RawSyscall6(unix.SYS_WAIT4, uintptr(p.pid), uintptr(unsafe.Pointer(&word)), syscall.WALL, 0, 0, 0)
		if errno == 0 {
			break
		}
		require.Equal(p.t, syscall.EINTR, errno)
	}
	status := syscall.WaitStatus(word)
	switch {
	case status.Exited():
		p.ended, p.end = true, Result{Code: status.ExitStatus()}
	case status.Signaled():
		p.ended, p.end = true, Result{Signal: int(status.Signal())}
	case status.StopSignal() != syscall.SIGTRAP:
		p.sig = status.StopSignal()
	}
}

// step executes one instruction, or delivers the signal of the stop before.
func (p *tracee) step() {
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_SINGLESTEP, uintptr(p.pid), 0, uintptr(p.sig), 0, 0)
	require.Zero(p.t, errno, "PTRACE_SINGLESTEP")
	p.sig = 0
	p.wait()
}

// registers reads the general registers; those of a 32-bit process have the
// 64-bit layout too.
func (p *tracee) registers() unix.PtraceRegs {
	const getRegs = 12
	var r unix.PtraceRegs
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, getRegs, uintptr(p.pid), 0, uintptr(unsafe.Pointer(&r)), 0, 0)
	require.Zero(p.t, errno, "PTRACE_GETREGS")
	return r
}

func (p *tracee) setRegisters(r unix.PtraceRegs) {
	const setRegs = 13
	r.Orig_rax = ^uint64(0) // no system call to restart
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, setRegs, uintptr(p.pid), 0, uintptr(unsafe.Pointer(&r)), 0, 0)
	require.Zero(p.t, errno, "PTRACE_SETREGS")
}

// gpr are the registers in the machine's order.
func gpr(r *unix.PtraceRegs) [16]uint64 {
	return [16]uint64{
		x86.RAX: r.Rax, x86.RCX: r.Rcx, x86.RDX: r.Rdx, x86.RBX: r.Rbx, x86.RSP: r.Rsp, x86.RBP: r.Rbp,
		x86.RSI: r.Rsi, x86.RDI: r.Rdi, x86.R8: r.R8, x86.R9: r.R9, x86.R10: r.R10, x86.R11: r.R11,
		x86.R12: r.R12, x86.R13: r.R13, x86.R14: r.R14, x86.R15: r.R15,
	}
}

// call has the process make a system call where it stands, with its registers
// and text as before afterwards, and gives the result.
func (p *tracee) call(number uint64, args ...uint64) uint64 {
	before := p.registers()
	entry := uintptr(before.Rip)
	insn, r := []byte{0x0f, 0x05}, before
	regs := []*uint64{&r.Rdi, &r.Rsi, &r.Rdx, &r.R10, &r.R8, &r.R9}
	if p.width == 32 {
		insn, regs = []byte{0xcd, 0x80}, []*uint64{&r.Rbx, &r.Rcx, &r.Rdx, &r.Rsi, &r.Rdi, &r.Rbp}
	}
	r.Rax = number
	for i, v := range args {
		*regs[i] = v
	}
	var text [2]byte
	_, err := unix.PtracePeekText(p.pid, entry, text[:])
	require.NoError(p.t, err)
	_, err = unix.PtracePokeText(p.pid, entry, insn)
	require.NoError(p.t, err)
	p.setRegisters(r)
	p.step()
	result := p.registers().Rax
	_, err = unix.PtracePokeText(p.pid, entry, text[:])
	require.NoError(p.t, err)
	p.setRegisters(before)
	return result
}

// Numbers of calls of a 32-bit process.
const (
	mmap2For32  = 192
	munmapFor32 = 91
)

// mapPages maps zeroed pages at an address of the machine's.
func (p *tracee) mapPages(at, size uint64) {
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE | unix.PROT_EXEC, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_FIXED
	number, none := uint64(unix.SYS_MMAP), ^uint64(0)
	if p.width == 32 {
		number, none = mmap2For32, 0xffffffff
	}
	require.Equal(p.t, at, p.call(number, at, size, prot, flags, none, 0), "mmap of %#x bytes", size)
}

func (p *tracee) unmapPages(at, size uint64) {
	number := uint64(unix.SYS_MUNMAP)
	if p.width == 32 {
		number = munmapFor32
	}
	require.Zero(p.t, p.call(number, at, size), "munmap of %#x bytes at %#x", size, at)
}

// giveStart gives the process the stack of the machine's and its vDSO. The
// process's own goes away: it could lie where the machine maps something.
func (p *tracee) giveStart(m *recording) {
	p.brk, p.vdso.machine = m.brk, m.vdso
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", p.pid))
	require.NoError(p.t, err)
	for line := range strings.Lines(string(maps)) {
		var start, end uint64
		if strings.Contains(line, "[v") && !strings.Contains(line, "[vsyscall]") {
			_, err := fmt.Sscanf(line, "%x-%x", &start, &end)
			require.NoError(p.t, err)
			if strings.Contains(line, "[vdso]") {
				p.vdso.at, p.vdso.content = start, p.peek(start, int(end-start))
			}
			p.unmapPages(start, end-start)
		}
	}
	const size = 1 << 20
	p.mapPages(m.top-size, size)
	p.poke(m.sp, m.stack)
	if m.vdso != 0 {
		p.mapPages(m.vdso, vdsoPages*emu.PageSize)
		p.poke(m.vdso, vdsoImages[m.abi])
	}
	r := p.registers()
	r.Rsp = m.sp
	p.setRegisters(r)
}

// follow steps the process beside the machine's recording m and gives its own
// states. It stops where the recording has ended or the paths part.
func (p *tracee) follow(m *recording) []registers {
	p.giveStart(m)
	var states []registers
	left := m.given
	for !p.ended {
		r := p.registers()
		n := len(states)
		added := p.sig == 0 && (n == 0 || states[n-1].pc != r.Rip)
		if added {
			states = append(states, registers{r.Rip, gpr(&r)})
		}
		switch given := p.sig == 0 && len(left) > 0 && left[0].pc == r.Rip; {
		case given:
			p.give(r, left[0], m.pid)
			left = left[1:]
		case p.sig == 0 && !m.has(n, r.Rip, added) && p.atCall(r.Rip): // one that the machine did not make
			return states
		default:
			sent := p.sig != 0
			p.step()
			if sent && !p.ended {
				p.mendReturn()
			}
		}
		switch {
		case !added:
		case p.sig != 0 && !p.fault():
			states = states[:n] // a signal came first
		case !m.has(n, r.Rip, true):
			return states
		}
	}
	return states
}

// has reports whether the machine's instruction n is the one at pc. An
// instruction that goes on, not a new one, is the machine's if it began as such.
func (m *recording) has(n int, pc uint64, isNew bool) bool {
	return !isNew || n < len(m.states) && m.states[n].pc == pc
}

// atCall reports whether the process is about to make a system call.
func (p *tracee) atCall(pc uint64) bool {
	var text [2]byte
	_, err := unix.PtracePeekText(p.pid, uintptr(pc), text[:])
	return err == nil && (string(text[:]) == "\x0f\x05" || string(text[:]) == "\xcd\x80" || string(text[:]) == sysenterInsn)
}

const sysenterInsn = "\x0f\x34"

// mendReturn has a handler that was just entered return by the machine's vDSO
// where it would by the process's own.
func (p *tracee) mendReturn() {
	if p.width != 32 || p.vdso.at == 0 {
		return
	}
	sp := p.registers().Rsp
	to := uint64(le.Uint32(p.peek(sp, 4))) - p.vdso.at
	if to >= uint64(len(p.vdso.content)) {
		return
	}
	back := p.vdso.machine + vdsoRTSigreturn
	if p.vdso.content[to] == codeSigreturn[0] {
		back = p.vdso.machine + vdsoSigreturn
	}
	p.poke(sp, le.AppendUint32(nil, uint32(back)))
}

func (p *tracee) peek(at uint64, n int) []byte {
	b := make([]byte, n)
	_, err := unix.PtracePeekData(p.pid, uintptr(at), b)
	require.NoError(p.t, err, "%#x", at)
	return b
}

func (p *tracee) poke(at uint64, b []byte) {
	_, err := unix.PtracePokeData(p.pid, uintptr(at), b)
	require.NoError(p.t, err, "%#x", at)
}

// fault reports whether the signal is of the instruction, not one that was
// sent.
func (p *tracee) fault() bool {
	const getSigInfo = 0x4202
	var info [32]int32 // siginfo_t: number, errno, code
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, getSigInfo, uintptr(p.pid), 0, uintptr(unsafe.Pointer(&info)), 0, 0)
	require.Zero(p.t, errno, "PTRACE_GETSIGINFO")
	return info[2] > 0
}

// carriedOut are the system calls that a tracee makes itself: those that change
// its address space or its signals, and its end. All others are given; brk is
// made of other calls.
var carriedOut = strings.Fields(`mmap mmap2 munmap mprotect mremap arch_prctl set_thread_area rt_sigaction rt_sigprocmask
	sigaltstack rt_sigreturn sigreturn kill tkill tgkill exit exit_group`)

// give passes an instruction whose result is not the processor's own: it puts
// the machine's result in the registers and in memory. pid is the machine's.
func (p *tracee) give(r unix.PtraceRegs, g given, pid int) {
	if g.call == nil {
		r.Rax, r.Rbx, r.Rcx, r.Rdx, r.Rip = g.after[x86.RAX], g.after[x86.RBX], g.after[x86.RCX], g.after[x86.RDX], g.next
		p.setRegisters(r)
		return
	}
	if len(g.memory) > 0 {
		p.poke(g.at, g.memory)
	}
	if g.call.Name == "brk" {
		p.moveBreak(uint64(g.call.Value))
	}
	asked := r
	if slices.Contains(carriedOut, g.call.Name) {
		if string(p.peek(r.Rip, 2)) == sysenterInsn { // the processor may not have it
			r.Rip, r.Rbp = p.vdso.machine+vdsoLanding-2, g.after[x86.RBP]
		}
		p.setRegisters(p.arguments(r, g.call, pid))
		p.step()
		if p.ended || g.call.NoValue {
			return
		}
		r = p.registers()
		require.Equal(p.t, g.call.Errno != 0, p.failed(r.Rax), "%v natively gives %#x", g.call, r.Rax)
	} else if p.width == 64 {
		r.Rcx, r.R11 = r.Rip+2, r.Eflags
	}
	r.Rip, r.Rax = g.next, g.after[x86.RAX]
	r.Rbx, r.Rdx, r.Rsi, r.Rdi, r.Rbp = asked.Rbx, asked.Rdx, asked.Rsi, asked.Rdi, g.after[x86.RBP]
	r.R8, r.R9, r.R10 = asked.R8, asked.R9, asked.R10
	if p.width == 32 {
		r.Rcx = asked.Rcx
	}
	p.setRegisters(r)
}

// failed reports whether a result register holds an errno.
func (p *tracee) failed(rax uint64) bool {
	if p.width == 32 {
		return uint32(rax) > ^uint32(abi.MaxErrno)
	}
	return rax > ^uint64(abi.MaxErrno)
}

// arguments are those of a call that is carried out: what it maps is at the
// machine's address, and a signal goes to the tracee itself, or the test fails.
func (p *tracee) arguments(r unix.PtraceRegs, call *CallRecord, pid int) unix.PtraceRegs {
	arg := []*uint64{&r.Rdi, &r.Rsi, &r.Rdx, &r.R10, &r.R8}
	if p.width == 32 {
		arg = []*uint64{&r.Rbx, &r.Rcx, &r.Rdx, &r.Rsi, &r.Rdi}
	}
	switch call.Name {
	case "mmap", "mmap2":
		if call.Errno == 0 {
			*arg[0], *arg[3] = uint64(call.Value), *arg[3]|unix.MAP_FIXED
		}
	case "mremap":
		if to := uint64(call.Value); call.Errno == 0 && to != *arg[0] {
			*arg[3], *arg[4] = unix.MREMAP_MAYMOVE|unix.MREMAP_FIXED, to
		}
	case "kill", "tkill":
		require.Equal(p.t, uint64(pid), *arg[0], call.Name)
		*arg[0] = uint64(p.pid)
	case "tgkill":
		require.Equal(p.t, []uint64{uint64(pid), uint64(pid)}, []uint64{*arg[0], *arg[1]}, call.Name)
		*arg[0], *arg[1] = uint64(p.pid), uint64(p.pid)
	}
	return r
}

// moveBreak has the effect of a brk that ended at to. The process's own heap
// may begin elsewhere.
func (p *tracee) moveBreak(to uint64) {
	from, end := mm.PageCeil(p.brk), mm.PageCeil(to)
	p.brk = to
	switch {
	case end > from:
		p.mapPages(from, end-from)
	case end < from:
		p.unmapPages(end, from-end)
	}
}

// String names where a state is.
func (s registers) String() string { return fmt.Sprintf("%#x %x", s.pc, s.gpr) }
