package judge

import (
	"context"
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/asm"
	"trapline/internal/engines"
	"trapline/internal/kprobes"
	"trapline/internal/rigs/gcc"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

var (
	//go:embed shim/kernel2005.h
	kernel2005Shim string
	//go:embed shim/multiprobe.h
	multiprobeShim string
)

// text2005 is what the mail on multiprobe (seed 004) holds: C.
type text2005 struct {
	structs, lock, functions string
}

func seed2005(t *testing.T) *text2005 {
	t.Helper()
	s, err := parse2005(readSeed(t, "004"))
	require.NoError(t, err)
	return s
}

func parse2005(mail string) (*text2005, error) {
	s := new(text2005)
	headers, err := hunks(mail, "include/linux/kprobes.h")
	if err != nil {
		return nil, err
	}
	text, err := headers[0].c()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"struct multiprobe", "struct active_probe"} {
		def, err := function(text, name+" {")
		if err != nil {
			return nil, err
		}
		s.structs += def + ";\n"
	}
	sources, err := hunks(mail, "kernel/kprobes.c")
	if err != nil {
		return nil, err
	}
	for _, h := range sources {
		text, err := h.c()
		if err != nil {
			return nil, err
		}
		if lock := regexp.MustCompile(`static DEFINE_RWLOCK\(\w+\);`).FindString(text); lock != "" {
			s.lock = lock
		}
		const last = "\nint unregister_multiprobe("
		if !strings.Contains(text, last) {
			continue
		}
		end, err := function(text, last)
		if err != nil {
			return nil, err
		}
		// The first line of the hunk that is added comes behind its context.
		s.functions = text[strings.Index(text, "\n"):strings.Index(text, last)] + end
	}
	if s.lock == "" || s.functions == "" {
		return nil, fmt.Errorf("no lock or no functions in the hunks of kprobes.c")
	}
	return s, nil
}

// own are the functions and data of the engine's text that the seed brings too.
var own = regexp.MustCompile(`\b((?:un)?register_multiprobe|comm_(?:pre|post|fault)_handler|multiprobe_lock|active_pool)\b`)

// image is engine 2005's kernel with the seed's multiprobe in it, and the lines
// of the engine's own C that say something.
func (s *text2005) image(optimisation string) (traps.Options, error) {
	seed, err := compile("m", optimisation, kernel2005Shim+s.structs+s.lock+multiprobeShim+s.functions)
	if err != nil {
		return traps.Options{}, err
	}
	for _, e := range engines.All(engines.Kernel) {
		if e.Name == "2005" {
			return join2005(kprobes.KernelText(e, x86.I386), "\n\t.text\n"+seed+"\n")
		}
	}
	return traps.Options{}, fmt.Errorf("engine %s has no text", "2005")
}

// join2005 puts assembly behind that of the engine's text, whose multiprobe gets
// other names.
func join2005(k traps.Text, seed string) (traps.Options, error) {
	assembly, c := k.Assembly+seed, own.ReplaceAllString(k.C, "own_$1")
	layout := traps.LayoutOf(k.Arch)
	img, err := gcc.Compile(context.Background(), asm.Source{
		Name: "seed", Text: assembly, Arch: x86.I386, Base: layout.Text, DataBase: layout.Data,
	}, c)
	if err != nil {
		return traps.Options{}, err
	}
	before := strings.Count(k.Assembly, "\n")
	for _, f := range k.Files {
		if f.Line > before {
			f.Line += strings.Count(seed, "\n")
		}
		img.Files = append(img.Files, f)
	}
	o := traps.Options{Image: img, Source: strings.Split(assembly+c, "\n")}
	o.Places, err = traps.ReadPlaces(img, o.Source)
	return o, err
}

func (s *text2005) apply(t *testing.T, m mutation) *text2005 {
	t.Helper()
	edited := *s
	require.True(t, m.edit(t, &edited.functions), "no function %s", m.function)
	return &edited
}
