//go:build linux && amd64

package native

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"trapline/internal/rigs/silicon"
)

// child is a traced process. Every method must run on the OS thread that started it.
type child struct {
	pid  int
	mode silicon.Mode
	code []byte // what the code region holds
	ldt  []uint64

	float []byte  // see extended
	set   uintptr // which of the register sets
}

// Requests of ptrace(2) that golang.org/x/sys/unix has no function for. GETREGS and SETREGS
// are here because that package's functions use the child's own layout, which differs in
// 32-bit mode.
const (
	ptraceGetRegs      = 12
	ptraceSetRegs      = 13
	ptraceSysemuSingle = 32
	ptraceGetSigInfo   = 0x4202
	ptraceGetRegSet    = 0x4204
	ptraceSetRegSet    = 0x4205
	sigInfoSize        = 128
	sigInfoCode        = 8
	sigInfoAddr        = 16
	systemCallStop     = 0x80 // or-ed into SIGTRAP under PTRACE_O_TRACESYSGOOD
)

// start creates a child in mode, stopped before its first instruction, and
// takes away what the kernel mapped beside the regions.
func start(mode silicon.Mode) (*child, error) {
	pid, err := spawn(image(mode))
	if err != nil {
		return nil, fmt.Errorf("%w: starting a %s child: %w", ErrUnavailable, mode, err)
	}
	c := &child{pid: pid, mode: mode}
	if err := c.prepare(); err != nil {
		c.kill()
		return nil, err
	}
	return c, nil
}

// spawn executes the ELF file elf from memory, traced by this thread.
func spawn(elf []byte) (pid int, err error) {
	fd, err := unix.MemfdCreate("silicon", unix.MFD_CLOEXEC)
	if err != nil {
		return 0, fmt.Errorf("memfd_create: %w", err)
	}
	file := os.NewFile(uintptr(fd), "silicon")
	defer file.Close()
	if _, err := file.Write(elf); err != nil {
		return 0, err
	}
	return syscall.ForkExec(fmt.Sprintf("/proc/self/fd/%d", fd), []string{"silicon"}, &syscall.ProcAttr{
		Sys: &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL},
	})
}

// prepare waits for the child to reach its first instruction and clears its address space.
func (c *child) prepare() error {
	status, err := c.wait()
	if err != nil {
		return err
	}
	if status != syscall.SIGTRAP {
		return fmt.Errorf("native: the child stopped with %v before its first instruction; expected SIGTRAP", status)
	}
	if err := unix.PtraceSetOptions(c.pid, unix.PTRACE_O_EXITKILL|unix.PTRACE_O_TRACESYSGOOD); err != nil {
		return fmt.Errorf("native: PTRACE_SETOPTIONS: %w", err)
	}
	c.code = make([]byte, silicon.CodeSize)
	for i := range c.code {
		c.code[i] = silicon.Filler
	}
	return c.unmapOthers()
}

// wait waits for the child's next stop and returns the signal of it.
func (c *child) wait() (syscall.Signal, error) {
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(c.pid, &status, syscall.WALL, nil)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EINTR) {
			return 0, fmt.Errorf("native: wait4: %w", err)
		}
	}
	if !status.Stopped() {
		return 0, fmt.Errorf("native: the child ended with status %#x; expected a stop", uint32(status))
	}
	return status.StopSignal(), nil
}

// resume continues the child with a ptrace request and waits for the next stop.
func (c *child) resume(request int) (syscall.Signal, error) {
	if err := c.ptrace(request, nil); err != nil {
		return 0, err
	}
	return c.wait()
}

// ptrace performs one request whose data is a buffer.
func (c *child) ptrace(request int, data unsafe.Pointer) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(c.pid), 0, uintptr(data), 0, 0)
	if errno != 0 {
		return fmt.Errorf("native: ptrace request %d: %w", request, errno)
	}
	return nil
}

// setState loads every register.
func (c *child) setState(s *silicon.State) error {
	registers := encodeRegisters(s)
	if err := c.ptrace(ptraceSetRegs, unsafe.Pointer(&registers)); err != nil {
		return err
	}
	float, err := c.extended()
	if err != nil {
		return err
	}
	encodeFloat(s, float)
	return c.regset(ptraceSetRegSet, float)
}

// state reads every register.
func (c *child) state(s *silicon.State) error {
	var registers unix.PtraceRegs
	if err := c.ptrace(ptraceGetRegs, unsafe.Pointer(&registers)); err != nil {
		return err
	}
	decodeRegisters(s, &registers, c.mode)
	float, err := c.extended()
	if err != nil {
		return err
	}
	decodeFloat(s, float, c.mode)
	return nil
}

// Register sets of PTRACE_GETREGSET: XSAVE's area, or FXSAVE's where the kernel
// has no XSAVE.
const (
	ntX86XState = 0x202
	ntPRFPReg   = 2
)

// extended reads the floating-point and vector registers, in a buffer of the
// child's that the next call uses again.
func (c *child) extended() ([]byte, error) {
	if c.float == nil {
		c.float, c.set = make([]byte, maxXState), ntX86XState
		if c.regset(ptraceGetRegSet, c.float) != nil {
			c.set = ntPRFPReg
		}
	}
	return c.float, c.regset(ptraceGetRegSet, c.float)
}

// regset reads or writes the register set of floating-point and vector
// registers; of a read, buf is cut to what the kernel has.
func (c *child) regset(request int, buf []byte) error {
	iov := unix.Iovec{Base: &buf[0]}
	iov.SetLen(len(buf))
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(c.pid), uintptr(c.set), uintptr(unsafe.Pointer(&iov)), 0, 0)
	if errno != 0 {
		return fmt.Errorf("native: ptrace request %d: %w", request, errno)
	}
	if request == ptraceGetRegSet {
		c.float = buf[:iov.Len]
	}
	return nil
}

// signal returns the siginfo of the stop that was just reported as number.
func (c *child) signal(number syscall.Signal) (silicon.Signal, error) {
	var info [sigInfoSize]byte
	if err := c.ptrace(ptraceGetSigInfo, unsafe.Pointer(&info)); err != nil {
		return silicon.Signal{}, err
	}
	return silicon.Signal{
		Number: int(number),
		Code:   int(int32(binary.LittleEndian.Uint32(info[sigInfoCode:]))),
		Addr:   binary.LittleEndian.Uint64(info[sigInfoAddr:]),
	}, nil
}

// setCode makes the code region hold code. Only words that differ are written:
// the region is not writable, so each takes a request.
func (c *child) setCode(code []byte) error {
	const word = 8
	for i := 0; i < len(code); i += word {
		if string(code[i:i+word]) == string(c.code[i:i+word]) {
			continue
		}
		if _, err := unix.PtracePokeText(c.pid, uintptr(silicon.CodeBase+i), code[i:i+word]); err != nil {
			return fmt.Errorf("native: writing code at %#x: %w", silicon.CodeBase+i, err)
		}
		copy(c.code[i:], code[i:i+word])
	}
	return nil
}

// copyMemory moves the data and stack regions between buffers and the child,
// with process_vm_readv or process_vm_writev.
func (c *child) copyMemory(move func(int, []unix.Iovec, []unix.RemoteIovec, uint) (int, error), data, stack []byte) error {
	local := []unix.Iovec{{Base: &data[0]}, {Base: &stack[0]}}
	local[0].SetLen(len(data))
	local[1].SetLen(len(stack))
	remote := []unix.RemoteIovec{
		{Base: silicon.DataBase, Len: len(data)},
		{Base: uintptr(c.mode.StackBase()), Len: len(stack)},
	}
	n, err := move(c.pid, local, remote, 0)
	if err != nil {
		return fmt.Errorf("native: copying memory: %w", err)
	}
	if n != len(data)+len(stack) {
		return fmt.Errorf("native: copying memory: %d bytes moved of %d", n, len(data)+len(stack))
	}
	return nil
}

// unmapOthers takes away the stack and vDSO that the kernel gave the child, whose
// addresses are random: a stray access must fault in every run. The kernel may refuse
// (a sealed vDSO, the vsyscall page); such a mapping stays.
func (c *child) unmapOthers() error {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", c.pid))
	if err != nil {
		return fmt.Errorf("native: %w", err)
	}
	own := map[uint64]bool{}
	for _, r := range c.mode.Regions() {
		own[r.Base] = true
	}
	for line := range strings.Lines(string(maps)) {
		var from, to uint64
		if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err != nil {
			return fmt.Errorf("native: /proc/%d/maps: %q: %w", c.pid, line, err)
		}
		if own[from] || strings.Contains(line, "[vsyscall]") {
			continue
		}
		if err := c.munmap(from, to-from); err != nil {
			return err
		}
	}
	return nil
}

func (c *child) munmap(addr, size uint64) error {
	const munmap32 = 91
	_, err := c.systemCall(munmap32, unix.SYS_MUNMAP, addr, size, 0)
	return err
}

// systemCall has the child make a system call, whose number depends on the mode.
func (c *child) systemCall(nr32, nr64 uint64, args ...uint64) (result uint64, err error) {
	s := silicon.Reset(c.mode)
	code := append([]byte(nil), c.code...)
	nr, insn, places := nr64, []byte{0x0f, 0x05}, []int{silicon.RDI, silicon.RSI, silicon.RDX} // syscall
	if c.mode == silicon.Mode32 {
		nr, insn, places = nr32, []byte{0xcd, 0x80}, []int{silicon.RBX, silicon.RCX, silicon.RDX} // int $0x80
	}
	copy(code, insn)
	s.GPR[silicon.RAX] = nr
	for i, v := range args {
		s.GPR[places[i]] = v
	}
	if err := c.setCode(code); err != nil {
		return 0, err
	}
	if err := c.setState(&s); err != nil {
		return 0, err
	}
	if _, err := c.resume(unix.PTRACE_SINGLESTEP); err != nil {
		return 0, err
	}
	err = c.state(&s)
	return s.GPR[silicon.RAX], err
}

// kill ends the child and collects it.
func (c *child) kill() {
	_ = syscall.Kill(c.pid, syscall.SIGKILL)
	_, _ = syscall.Wait4(c.pid, nil, syscall.WALL, nil)
}
