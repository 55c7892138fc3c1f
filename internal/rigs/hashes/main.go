// Command hashes runs every built-in scenario and prints its name, its steps
// and the hash of its last state, clocks included: one line each, the same on
// every host and with every processor. "make portable" compares them.
package main

import (
	"context"
	"fmt"
	"os"

	"trapline/internal/scenario"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "hashes:", err)
		os.Exit(1)
	}
}

func run() error {
	list, err := scenario.Library()
	if err != nil {
		return err
	}
	for _, b := range list {
		line, err := stateOf(b.Name)
		if err != nil {
			return fmt.Errorf("%s: %w", b.Name, err)
		}
		fmt.Println(b.Name, line)
	}
	return nil
}

// stateOf runs a scenario to its end. One with an instruction that this build
// cannot run says so in the place of its state.
func stateOf(name string) (string, error) {
	ctx := context.Background()
	f, err := scenario.Load(name)
	if err != nil {
		return "", err
	}
	r, err := scenario.Open(ctx, f, scenario.Options{})
	if err != nil {
		return "", err
	}
	defer r.Close()
	err = r.Finish(ctx, nil)
	if err == nil {
		err = r.Machine.Err()
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d %016x", r.Steps(), r.Machine.Hash(true)), nil
}
