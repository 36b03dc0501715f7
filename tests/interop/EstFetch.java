/* One EST call by java.net.http, for the tests: java EstFetch.java URL CA.pem REQUEST|- PASSPHRASE|- IDENTITY.p12|-
 * Prints the status and then the body. */
import java.io.*;
import java.net.*;
import java.net.http.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import javax.net.ssl.*;

public class EstFetch {
    public static void main(String[] args) throws Exception {
        HttpClient.Builder client = HttpClient.newBuilder().sslContext(tls(args[1], args[4]));
        if (!args[3].equals("-"))
            client.authenticator(new Authenticator() {
                @Override
                protected PasswordAuthentication getPasswordAuthentication() {
                    return new PasswordAuthentication("device", args[3].toCharArray());
                }
            });
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(args[0]));
        if (!args[2].equals("-"))
            request.header("Content-Type", "application/pkcs10").expectContinue(true)
                    .POST(HttpRequest.BodyPublishers.ofFile(Path.of(args[2])));
        try {
            HttpResponse<String> answer = client.build().send(request.build(), HttpResponse.BodyHandlers.ofString());
            System.out.println(answer.statusCode());
            System.out.print(answer.body());
        } catch (IOException e) {
            // it answers each 401 until it has had enough, and then tells no status
            if (!String.valueOf(e.getMessage()).startsWith("too many authentication attempts"))
                throw e;
            System.out.println(401);
        }
    }

    static SSLContext tls(String ca, String identity) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        int i = 0;
        try (InputStream in = new FileInputStream(ca)) {
            for (java.security.cert.Certificate c : CertificateFactory.getInstance("X.509").generateCertificates(in))
                trusted.setCertificateEntry("ca" + i++, c);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(identity.equals("-") ? null : keys(identity), trust.getTrustManagers(), null);
        return context;
    }

    static KeyManager[] keys(String identity) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        char[] password = "identity".toCharArray();
        try (InputStream in = new FileInputStream(identity)) {
            store.load(in, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, password);
        return keys.getKeyManagers();
    }
}
