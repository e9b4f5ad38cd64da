import com.aliyun.credentials.Client;
import com.aliyun.credentials.models.Config;
import com.aliyun.credentials.models.CredentialModel;
import com.google.gson.Gson;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads a credential as an application would whenever a line comes in, and prints it as a line of JSON. The first
 * argument is the configuration as JSON; without one it is the line, `null` for the default chain. A configuration that
 * came before has its client again. A failure is printed as {"error": ...}.
 */
class Credential {
    private static final Gson JSON = new Gson();
    private static final Map<String, Client> CLIENTS = new HashMap<>();

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        String line;
        while ((line = lines.readLine()) != null) {
            System.out.println(JSON.toJson(read(arguments.length > 0 ? arguments[0] : line)));
        }
        // The SDK's own threads would keep the program alive.
        System.exit(0);
    }

    private static Map<String, String> read(String line) {
        Map<String, String> said = new LinkedHashMap<>();
        try {
            CredentialModel found = CLIENTS.computeIfAbsent(line, Credential::client).getCredential();
            said.put("accessKeyId", found.getAccessKeyId());
            said.put("accessKeySecret", found.getAccessKeySecret());
            said.put("securityToken", found.getSecurityToken());
        } catch (Exception failure) {
            said.put("error", failure.getMessage());
        }
        return said;
    }

    private static Client client(String line) {
        Config config = JSON.fromJson(line, Config.class);
        return config == null ? new Client() : new Client(config);
    }
}
