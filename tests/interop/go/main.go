// Reads a credential as an application would whenever a line comes in, and prints it as a line of JSON. The first
// argument is the configuration as JSON; without one it is the line, `null` for the default chain. A configuration that
// came before has its client again. A failure is printed as {"error": ...}.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/aliyun/credentials-go/credentials"
)

var clients = map[string]credentials.Credential{}

func client(line string) (credentials.Credential, error) {
	if known, ok := clients[line]; ok {
		return known, nil
	}
	var config *credentials.Config
	if err := json.Unmarshal([]byte(line), &config); err != nil {
		return nil, err
	}
	made, err := credentials.NewCredential(config)
	if err == nil {
		clients[line] = made
	}
	return made, err
}

func read(line string) map[string]*string {
	source, err := client(line)
	if err != nil {
		return failure(err)
	}
	found, err := source.GetCredential()
	if err != nil {
		return failure(err)
	}
	return map[string]*string{
		"accessKeyId":     found.AccessKeyId,
		"accessKeySecret": found.AccessKeySecret,
		"securityToken":   found.SecurityToken,
	}
}

func failure(err error) map[string]*string {
	message := err.Error()
	return map[string]*string{"error": &message}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		configuration := lines.Text()
		if len(os.Args) > 1 {
			configuration = os.Args[1]
		}
		said, _ := json.Marshal(read(configuration))
		fmt.Println(string(said))
	}
}
