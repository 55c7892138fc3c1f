//go:build !js

package emu

// breathe does nothing: goroutines are preempted.
func breathe() {}
