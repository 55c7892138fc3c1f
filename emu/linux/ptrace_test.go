//go:build linux && amd64

package linux

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"trapline/emu"
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
}

// startTracee executes args without address randomisation and stops it before
// its first instruction, or skips the test where that is not possible.
func startTracee(t *testing.T, width int, env, args []string) *tracee {
	t.Helper()
	runtime.LockOSThread() // never unlocked: the thread ends with the test
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

// wait takes the next stop or the end.
func (p *tracee) wait() {
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(p.pid, &status, syscall.WALL, nil)
		if err == nil {
			break
		}
		require.ErrorIs(p.t, err, syscall.EINTR)
	}
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
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SINGLESTEP, uintptr(p.pid), 0, uintptr(p.sig), 0, 0)
	require.Zero(p.t, errno, "PTRACE_SINGLESTEP")
	p.sig = 0
	p.wait()
}

// registers reads the general registers; those of a 32-bit process have the
// 64-bit layout too.
func (p *tracee) registers() unix.PtraceRegs {
	const getRegs = 12
	var r unix.PtraceRegs
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, getRegs, uintptr(p.pid), 0, uintptr(unsafe.Pointer(&r)), 0, 0)
	require.Zero(p.t, errno, "PTRACE_GETREGS")
	return r
}

func (p *tracee) setRegisters(r unix.PtraceRegs) {
	const setRegs = 13
	r.Orig_rax = ^uint64(0) // no system call to restart
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, setRegs, uintptr(p.pid), 0, uintptr(unsafe.Pointer(&r)), 0, 0)
	require.Zero(p.t, errno, "PTRACE_SETREGS")
}

// gpr are the registers in the machine's order.
func gpr(r *unix.PtraceRegs) [16]uint64 {
	return [16]uint64{
		emu.RAX: r.Rax, emu.RCX: r.Rcx, emu.RDX: r.Rdx, emu.RBX: r.Rbx, emu.RSP: r.Rsp, emu.RBP: r.Rbp,
		emu.RSI: r.Rsi, emu.RDI: r.Rdi, emu.R8: r.R8, emu.R9: r.R9, emu.R10: r.R10, emu.R11: r.R11,
		emu.R12: r.R12, emu.R13: r.R13, emu.R14: r.R14, emu.R15: r.R15,
	}
}

// giveStack has the process map the machine's stack at the machine's addresses
// and fills it with what is there from sp on.
func (p *tracee) giveStack(sp, top uint64, content []byte) {
	const size = 1 << 20
	before := p.registers()
	entry := uintptr(before.Rip)
	var text [2]byte
	_, err := unix.PtracePeekText(p.pid, entry, text[:])
	require.NoError(p.t, err)
	r := before
	insn := []byte{0x0f, 0x05}
	flags := uint64(unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_FIXED)
	if p.width == 32 {
		const mmap2 = 192
		insn = []byte{0xcd, 0x80}
		r.Rax, r.Rbx, r.Rcx, r.Rdx = mmap2, top-size, size, unix.PROT_READ|unix.PROT_WRITE
		r.Rsi, r.Rdi, r.Rbp = flags, 0xffffffff, 0
	} else {
		r.Rax, r.Rdi, r.Rsi, r.Rdx = unix.SYS_MMAP, top-size, size, unix.PROT_READ|unix.PROT_WRITE
		r.R10, r.R8, r.R9 = flags, ^uint64(0), 0
	}
	_, err = unix.PtracePokeText(p.pid, entry, insn)
	require.NoError(p.t, err)
	p.setRegisters(r)
	p.step()
	r = p.registers()
	require.Equal(p.t, top-size, r.Rax, "mmap of the stack")
	_, err = unix.PtracePokeText(p.pid, entry, text[:])
	require.NoError(p.t, err)
	_, err = unix.PtracePokeData(p.pid, uintptr(sp), content)
	require.NoError(p.t, err)
	before.Rsp = sp
	p.setRegisters(before)
}

// follow steps the process beside the machine's recording m and gives its own
// states. It stops where the recording has ended or the paths part.
func (p *tracee) follow(m *recording) []state {
	p.giveStack(m.sp, m.top, m.stack)
	var states []state
	given := m.given
	for !p.ended {
		r := p.registers()
		s := state{r.Rip, gpr(&r)}
		if n := len(states); n == 0 || states[n-1].pc != s.pc {
			states = append(states, s)
			if n >= len(m.states) || m.states[n].pc != s.pc {
				return states
			}
		}
		if p.sig != 0 || len(given) == 0 || given[0].pc != r.Rip {
			p.step()
			continue
		}
		p.give(r, given[0])
		given = given[1:]
	}
	return states
}

// give executes a system call, at the address that the machine chose if it is
// mmap, and puts the machine's result in the place of its own. What depends on
// the model of the processor is not executed.
func (p *tracee) give(r unix.PtraceRegs, g given) {
	if g.call == nil {
		r.Rax, r.Rbx, r.Rcx, r.Rdx, r.Rip = g.after[emu.RAX], g.after[emu.RBX], g.after[emu.RCX], g.after[emu.RDX], g.next
		p.setRegisters(r)
		return
	}
	asked := r
	if slices.Contains([]string{"mmap", "mmap2"}, g.call.Name) && g.call.Errno == 0 {
		if p.width == 32 {
			r.Rbx, r.Rsi = uint64(g.call.Value), r.Rsi|unix.MAP_FIXED
		} else {
			r.Rdi, r.R10 = uint64(g.call.Value), r.R10|unix.MAP_FIXED
		}
		p.setRegisters(r)
	}
	p.step()
	if p.ended || g.call.NoValue {
		return
	}
	r = p.registers()
	r.Rax = g.after[emu.RAX]
	r.Rbx, r.Rsi, r.Rdi, r.R10 = asked.Rbx, asked.Rsi, asked.Rdi, asked.R10
	p.setRegisters(r)
}

// String names where a state is.
func (s state) String() string { return fmt.Sprintf("%#x %x", s.pc, s.gpr) }
