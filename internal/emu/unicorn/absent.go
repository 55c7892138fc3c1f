//go:build !(unicorn && cgo && linux && amd64)

package unicorn

import (
	"fmt"

	"trapline/internal/emu/regs"
)

// errAbsent is why a build without the library has none.
var errAbsent = fmt.Errorf("%w: not part of this build", ErrLibrary)

// Version names the library that was compiled in, or is "".
func Version() string { return "" }

func verify() error { return errAbsent }

// ContextSize is the length of the buffers of Context's Save and Load.
const ContextSize = regs.FXSize

func openEngine(Width, bool) (engine, error) { return nil, errAbsent }

func newRunner(engine) (runner, error) { return nil, errAbsent }
