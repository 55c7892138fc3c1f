package asm

import (
	"fmt"
	"strings"
	"time"

	"trapline/internal/loader"
	"trapline/internal/x86"
)

// Source is one piece of assembly, in the syntax of GNU as (AT&T, or Intel
// after .intel_syntax).
type Source struct {
	Name      string // file that messages name
	Text      string
	FirstLine int // line of Name that Text starts at; 0 means 1
	Arch      x86.Arch
	Base      uint64 // linear address of .text
	// DataBase is the linear address of .data, which .bss follows. 0 means
	// the first page after .text and .rodata.
	DataBase uint64
	// Behind is an object file (ELF, relocatable) that is linked behind the text, or nil.
	Behind []byte
	// OnWarning, if set, takes what did not keep the source from assembling.
	OnWarning func(Diagnostic)
}

// Bounds of an assembly.
const (
	MaxSource = 1 << 20  // bytes of Source.Text
	MaxObject = 16 << 20 // bytes of each file that as and ld write
	MaxMemory = loader.MaxListingMemory

	MaxTime         = 20 * time.Second // for as and ld each, waiting included
	maxCPUSeconds   = 10               // for as and ld each
	maxAddressSpace = 1 << 30          // bytes, for as and ld each
	maxMessages     = 64 << 10         // bytes kept of what as or ld print
)

// check judges what can be judged without an assembler.
func (s *Source) check() error {
	if len(s.Text) > MaxSource {
		return fmt.Errorf("%w: source of %d bytes, at most %d are allowed", ErrLimit, len(s.Text), MaxSource)
	}
	if s.Arch != x86.I386 && s.Arch != x86.AMD64 {
		return fmt.Errorf("architecture %s: expected %s or %s", s.Arch, x86.I386, x86.AMD64)
	}
	for _, base := range []uint64{s.Base, s.DataBase} {
		if s.Arch == x86.I386 && base >= 1<<32 {
			return fmt.Errorf("base address %#x: expected 32 bits for %s", base, s.Arch)
		}
	}
	return nil
}

// lineOf gives the line of the file Name for line n of Text.
func (s *Source) lineOf(n int) int { return max(s.FirstLine, 1) + n - 1 }

// textLines splits the text; line n of it is element n-1.
func (s *Source) textLines() []string { return strings.Split(s.Text, "\n") }
