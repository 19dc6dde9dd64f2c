// step-ca's libraries with a configuration, for tests.
package main

import (
	"fmt"
	"os"

	"github.com/smallstep/certificates/authority/config"
	"github.com/smallstep/certificates/ca"
)

func main() {
	c, err := config.LoadConfiguration(os.Args[1])
	if err == nil {
		var server *ca.CA
		server, err = ca.New(c)
		if err == nil {
			err = server.Run()
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
