package linuxtest

import (
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// RunWithoutSockets runs cmd as a process that the kernel kills, with SIGSYS, when it asks for a socket of the host in whatever way.
// The error is that of cmd.Run.
func RunWithoutSockets(t testing.TB, cmd *exec.Cmd) error {
	t.Helper()
	var forbidden, err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // which ends with this function: the filter stays with a thread
		if forbidden = forbidSockets(); forbidden == nil {
			err = cmd.Run()
		}
	}()
	<-done
	require.NoError(t, forbidden)
	if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && s.Signaled() && s.Signal() == unix.SIGSYS {
		t.Errorf("%v asked for a socket of the host", cmd.Args)
	}
	return err
}

// forbidSockets has the kernel kill the process that the thread will be when it makes a system call that gives a socket
// or that could give one.
func forbidSockets() error {
	const (
		load    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS // the number of the call, which is first in struct seccomp_data
		isEqual = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		ret     = unix.BPF_RET | unix.BPF_K
	)
	filter := []unix.SockFilter{{Code: load}}
	calls := []uint32{unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_IO_URING_SETUP}
	for i, nr := range calls {
		filter = append(filter, unix.SockFilter{Code: isEqual, K: nr, Jt: uint8(len(calls) - i)})
	}
	filter = append(filter, unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW}, unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_KILL_PROCESS})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})), 0, 0)
}
