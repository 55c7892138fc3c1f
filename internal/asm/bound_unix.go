//go:build unix

package asm

import (
	"fmt"
	"os/exec"
	"syscall"
)

// signalled tells which bound the signal stands for that ended a program, nil
// if it ended by itself.
func signalled(name string, exit *exec.ExitError) error {
	status, ok := exit.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return nil
	}
	switch status.Signal() {
	case syscall.SIGXFSZ:
		return fmt.Errorf("%w: %s wrote over %#x bytes", ErrLimit, name, MaxObject)
	case syscall.SIGXCPU, syscall.SIGKILL:
		return fmt.Errorf("%w: %s used over %d s of processor time", ErrLimit, name, maxCPUSeconds)
	}
	return fmt.Errorf("%s died of %s", name, status.Signal())
}
